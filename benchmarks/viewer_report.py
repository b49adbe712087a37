"""Medians of the viewer's runs, and ratios against the goals."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.warm import spread

Run = dict[str, Any]
_ABOUT = {"pass", "subject", "load"}


def medians(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the median of every figure of every subject; of lists, spreads over all passes."""
    found: dict[str, Any] = {}
    for subject in dict.fromkeys(run["subject"] for run in runs):
        of = [run for run in runs if run["subject"] == subject]
        names = dict.fromkeys(name for run in of for name in run if name not in _ABOUT)
        found[subject] = {name: _middle([run[name] for run in of if name in run]) for name in names}
    return {"subjects": found}


def _middle(values: Sequence[Any]) -> Any:
    first = values[0]
    if isinstance(first, list):
        pooled = [one for value in values for one in value]
        return spread(pooled) if pooled else None
    if isinstance(first, Mapping):
        return {name: _middle([value[name] for value in values]) for name in first}
    if isinstance(first, int | float):
        return round(statistics.median(values), 3)
    return first


class Figures:
    """Figures by subject and name, as medians of passes."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._found: dict[str, Any] = medians(runs)["subjects"]

    def get(self, subject: str, *names: str) -> float | None:
        """Return a figure, or nothing where it was not measured."""
        value: Any = self._found.get(subject)
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else None
        return float(value) if isinstance(value, int | float) else None

    def ratio(self, above: Sequence[str], below: Sequence[str]) -> float | None:
        """Return one figure as a multiple of another."""
        over, under = self.get(*above), self.get(*below)
        return over / under if over is not None and under else None


def goals(runs: Sequence[Run]) -> dict[str, Any]:
    """Return each goal with the ratio that was found; figures that are missing are said to be."""
    figures = Figures(runs)
    protocol, ours = "protocol, line, local", "ours, line, local"
    near, peer, floor = "ours, loopback, local", "OHIF, loopback", "floor, line"
    p50, ratio = "p50", figures.ratio
    return {
        "line: preview / floor": _at_most(
            1.15, ratio((protocol, "preview_ms", p50), (floor, "preview_ms"))
        ),
        "line: full slice / floor": _at_most(
            1.15, ratio((protocol, "full_ms", p50), (floor, "full_ms"))
        ),
        "line: full slice in the browser after a jump / floor": _at_most(
            1.15, ratio((f"{ours}, reading", "jump_arrived_full_ms", p50), (floor, "full_ms"))
        ),
        "line: previews of all slices / floor": _at_most(
            1.15, ratio((protocol, "sweep", "ms"), (floor, "previews_ms"))
        ),
        "line: all slices / floor": _at_most(
            1.05, ratio((protocol, "all", "ms"), (floor, "all_ms"))
        ),
        "line: all slices decoded in the browser / floor": _at_most(
            1.05, ratio((ours, "all_from_first_want"), (floor, "all_ms"))
        ),
        "loopback: first image, OHIF / ours": _at_least(
            5, ratio((peer, "firstFull"), (near, "firstFull"))
        ),
        "loopback: all slices, OHIF / ours": _at_least(
            5, ratio((peer, "allHeld"), (near, "allDecoded"))
        ),
    }


def _at_most(bound: float, found: float | None) -> dict[str, Any]:
    return _goal(f"at most {bound:g}", found, met=found is not None and found <= bound)


def _at_least(bound: float, found: float | None) -> dict[str, Any]:
    return _goal(f"at least {bound:g}", found, met=found is not None and found >= bound)


def _goal(goal: str, found: float | None, *, met: bool) -> dict[str, Any]:
    if found is None:
        return {"goal": goal, "found": "not measured"}
    return {"goal": goal, "found": round(found, 3), "met": met}
