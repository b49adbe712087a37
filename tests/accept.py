"""`make accept ISSUE=name`: an issue's long checks, with a JSON record in docs/acceptance/.

A check is a module `tests.acceptance.<name>` with `run(record) -> None`; it raises on failure and
writes what it measured into ``record``, seeds included, so that it can be run again.
"""

import argparse
import datetime as dt
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAMES = sorted(
    path.stem.replace("_", "-")
    for path in (ROOT / "tests" / "acceptance").glob("*.py")
    if path.stem != "__init__"
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make accept", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    name = parser.parse_args().name
    record: dict[str, Any] = {
        "name": name,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "load": os.getloadavg(),
        "results": {},
    }
    started = time.monotonic()
    try:
        importlib.import_module(f"tests.acceptance.{name.replace('-', '_')}").run(record["results"])
        record["passed"] = True
    except Exception as error:
        record["passed"] = False
        record["failure"] = f"{type(error).__name__}: {error}"
    record["seconds"] = round(time.monotonic() - started, 1)
    path = ROOT / "docs" / "acceptance" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=2) + "\n")
    print(json.dumps(record, indent=2))
    return 0 if record["passed"] else 1


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
