"""Run one command and say what it cost: ``python -S -I benchmarks/measured.py command …``

A process of its own and small, for a child starts with its parent's peak memory in its books.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Print seconds of processor and of the clock, peak memory in MB, and how it ended."""
    began = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None  # noqa: S101
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    cost = {
        "cpu": round(used.ru_utime + used.ru_stime, 3),
        "wall": round(time.perf_counter() - began, 3),
        "rss": round(used.ru_maxrss * 1024 / 1e6, 1),
        "status": os.waitstatus_to_exitcode(status),
        "said": said[-400:].decode(errors="replace"),
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
