"""CI's second look at the few tests that failed beside all others: once more, one at a time.

Three processes with browsers, servers and containers share two cores there, and nobody can look at
that machine afterwards. What fails again fails the run; what does not is named as unsteady, for it
is a fault of the test or of the product all the same.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

TESTS_FAILED = 1  # pytest's exit code
COUNTS = "v/hounsfield/counts"
MOST = 12
"""More failures than these are no accident."""

Run = Callable[[Sequence[str]], int]


def look_again(code: int, *, cache: Path, run: Run, say: Callable[[str], None]) -> int:
    """Return the exit code of a run, after its failures had a second look if they are few.

    ``cache`` is pytest's folder of that run, and ``run`` calls pytest with more arguments. What is
    said last counts all tests, those of the second look once.
    """
    failed, first = last_failed(cache), counts(cache)
    if code != TESTS_FAILED or not 0 < len(failed) <= MOST:
        return code
    if not all("::" in name for name in failed):
        return code  # not of a test but of a process: asked for these, pytest would run them all
    say(f"{len(failed)} failed beside the others and run once more, one at a time.")
    again = run(["-n", "0", "--last-failed", "--last-failed-no-failures", "none"])
    for name in sorted(set(failed) - set(last_failed(cache))):
        say(f"UNSTEADY {name}: it failed beside others and passed alone.")
    second = counts(cache)
    passed = first["passed"] + second["passed"]
    still = sum(second[kind] for kind in ("failed", "error"))
    say(f"{still} failed, {passed} passed, {first['skipped']} skipped")
    return again


def counts(cache: Path) -> Counter[str]:
    """Return how many tests of the last run passed, failed and so on; see `tests.plugin`."""
    try:
        return Counter(json.loads((cache / COUNTS).read_text()))
    except FileNotFoundError:
        return Counter()


def last_failed(cache: Path) -> list[str]:
    """Return the tests that pytest remembers as failed."""
    try:
        return list(json.loads((cache / "v/cache/lastfailed").read_text()))
    except FileNotFoundError:
        return []
