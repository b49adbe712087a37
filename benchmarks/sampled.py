"""Run a program and note where its main thread is: ``python benchmarks/sampled.py OUT -m module …``

A timer of the processor's time interrupts it every few milliseconds, so the program runs at its own
speed, and work in C counts for the line that called it. When it ends, OUT holds JSON: for
each function the share of samples in which it ran itself (`own`) and was on the stack (`total`).
SIGUSR1 forgets what was seen before it.
"""

import json
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

INTERVAL = 0.002  # seconds of processor time
SHOWN = 40


class Samples:
    """What was seen so far."""

    def __init__(self) -> None:
        self.forget()

    def forget(self, *_: object) -> None:
        """Begin anew."""
        self.count = 0
        self.own: Counter[str] = Counter()
        self.total: Counter[str] = Counter()

    def take(self, _number: int, frame: FrameType | None) -> None:
        """Look at the stack."""
        self.count += 1
        seen: set[str] = set()
        while frame is not None:
            name = _name(frame)
            if not seen:
                self.own[name] += 1
            seen.add(name)
            frame = frame.f_back
        self.total.update(seen)

    def shares(self) -> dict[str, object]:
        """Return the shares of the functions that were seen most, in percent."""
        return {
            "samples": self.count,
            "own": self._percent(self.own),
            "total": self._percent(self.total),
        }

    def _percent(self, seen: Counter[str]) -> dict[str, float]:
        return {name: round(100 * n / max(self.count, 1), 1) for name, n in seen.most_common(SHOWN)}


def _name(frame: FrameType) -> str:
    code = frame.f_code
    path = "/".join(Path(code.co_filename).parts[-2:])
    return f"{path}:{code.co_qualname}"


def main() -> None:
    """Run what is named behind OUT, as the interpreter would."""
    out, _, module, *arguments = sys.argv[1:]
    sys.path[0] = ""
    sys.argv = [module, *arguments]
    samples = Samples()
    # A server told to end restores this and tells itself once more, when it has put all in order.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGUSR1, samples.forget)
    signal.signal(signal.SIGPROF, samples.take)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        Path(out).write_text(json.dumps(samples.shares()))


if __name__ == "__main__":
    main()
