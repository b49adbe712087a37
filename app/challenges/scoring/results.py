"""Reading the scores of single cases out of metrics.json.

``results`` is a list with one entry per case::

    {"case": "case-1", "metrics": {"dice": 0.9}, "classes": {"liver": {"dice": 0.95}}, "note": ""}

An entry names its case by ``pk`` (of the job in predictions.json, or of the image) or by a name.
Nothing here raises: metrics.json comes from a container, and whatever cannot be used is said.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_SCORES = 200_000
MOST_FAULTS = 50
LONGEST_NAME = 100
LONGEST_NOTE = 300
_NAMING = ("pk", "job", "case", "name", "image")


@dataclass(frozen=True)
class Score:
    """One number; ``value`` is nothing where the container gave none that is finite."""

    metric: str
    value: float | None
    label: str = ""


@dataclass(frozen=True)
class CaseResult:
    """What was said of one case; ``keys`` are what it was called, the surest first."""

    place: int
    keys: tuple[str, ...]
    scores: tuple[Score, ...]
    note: str = ""


@dataclass(frozen=True)
class Results:
    """All cases that scores were given for, and in words what could not be used."""

    cases: tuple[CaseResult, ...] = ()
    faults: tuple[str, ...] = ()


def read_results(metrics: Any) -> Results:
    """Return what ``metrics`` (the value of metrics.json) says of single cases."""
    if not isinstance(metrics, dict) or "results" not in metrics:
        return Results()
    entries = metrics["results"]
    if not isinstance(entries, list):
        return Results(faults=("results is not a list; give one entry for each case.",))
    faults: list[str] = []
    cases, room = [], MOST_SCORES
    for place, entry in enumerate(entries):
        found = _case(place, entry, faults)
        if found is None:
            continue
        room -= len(found.scores)
        if room < 0:
            faults.append(f"There are more than {MOST_SCORES:,} scores; the rest is left out.")
            break
        cases.append(found)
    return Results(cases=tuple(cases), faults=bounded(faults))


def bounded(faults: list[str]) -> tuple[str, ...]:
    """Return the first faults, and how many more there are."""
    more = len(faults) - MOST_FAULTS
    return (*faults[:MOST_FAULTS], *([f"And {more:,} more."] if more > 0 else []))


def _case(place: int, entry: Any, faults: list[str]) -> CaseResult | None:
    where = f"results[{place}]"
    if not isinstance(entry, dict):
        faults.append(f"{where} is not an object.")
        return None
    keys = tuple(_keys(entry))
    if not keys:
        faults.append(f"{where} does not say which case it is about: give case or pk.")
        return None
    scores = list(_scores(entry.get("metrics", {}), where=f"{where}.metrics", faults=faults))
    classes = entry.get("classes") or {}
    if not isinstance(classes, dict):
        faults.append(f"{where}.classes is not an object of classes.")
        classes = {}
    for label, given in classes.items():
        if _is_name(label):
            at = f"{where}.classes.{label}"
            scores += _scores(given, where=at, faults=faults, label=label)
        else:
            faults.append(f"{where}.classes has a name that is empty, too long or unreadable.")
    note = entry.get("note")
    return CaseResult(place, keys, tuple(scores), _line(note) if isinstance(note, str) else "")


def _keys(entry: Mapping[str, Any]) -> Iterator[str]:
    for name in _NAMING:
        given = entry.get(name)
        if isinstance(given, dict):
            yield from _keys(given)
        elif isinstance(given, str) and given.strip():
            yield given.strip()[:200]


def _scores(given: Any, *, where: str, faults: list[str], label: str = "") -> Iterator[Score]:
    if not isinstance(given, dict):
        faults.append(f"{where} is not an object of numbers.")
        return
    for metric, value in given.items():
        if not _is_name(metric):
            faults.append(f"{where} has a name that is empty, too long or unreadable.")
            continue
        number = _number(value)
        if number is None and value is not None:
            faults.append(f"{where}.{metric} is no finite number; it counts as missing.")
        yield Score(metric=metric, value=number, label=label)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _is_name(name: str) -> bool:
    return bool(name.strip()) and len(name) <= LONGEST_NAME and name.isprintable()


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_NOTE]
