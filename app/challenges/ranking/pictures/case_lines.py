"""Scores case by case: what they tell, in a sentence and as a table."""

from statistics import median
from typing import Any

from app.challenges.ranking.pictures.asked import Asked, Table, counted, number
from app.challenges.ranking.plots import case_lines
from app.challenges.ranking.plots.parts import MOST_ENTRIES, Spec, metric_of

TITLE = "Case by case"
READING = (
    "Cases stand from the hardest (by the median of all entries) to the easiest; each line is an "
    "entry. Lines that run together say that the case decides; a line that drops alone says where "
    "that entry fails. Gaps are missing scores."
)
MOST_CASES = 100
"""The table names so many of the hardest cases."""


def spec(asked: Asked) -> Spec:
    """Return the specification."""
    return case_lines(asked.results, asked.scheme, asked.cases, asked.plan)


def finding(asked: Asked, drawn: Spec) -> str:
    """Name the hardest and the easiest case, and say how many scores are missing."""
    by_case = list(_by_case(drawn).items())
    metric = metric_of(asked.scheme, asked.cases)
    (hard, low), (easy, high) = by_case[0], by_case[-1]
    said = (
        f"The hardest is {hard} (median {metric} {_middle(low)}), the easiest {easy} "
        f"({_middle(high)})."
    )
    missing = sum(asked.entries[name].get("missing", 0) for name in asked.names[:MOST_ENTRIES])
    return f"{said} {counted(missing, 'score')} missing." if missing else said


def table(asked: Asked, drawn: Spec) -> Table:
    """Return cases x entries, the hardest first."""
    by_case = _by_case(drawn)
    names = list(next(iter(by_case.values())))
    rows = [
        [case, *(number(scores[name]) for name in names)]
        for case, scores in list(by_case.items())[:MOST_CASES]
    ]
    return Table(("Case", *names), rows, left_out=max(0, len(by_case) - MOST_CASES))


def _by_case(drawn: Spec) -> dict[str, dict[str, float | None]]:
    values: list[dict[str, Any]] = drawn["data"]["values"]
    found: dict[str, dict[str, float | None]] = {}
    for row in values:
        found.setdefault(row["case"], {})[row["entry"]] = row["score"]
    return found


def _middle(scores: dict[str, float | None]) -> str:
    there = [score for score in scores.values() if score is not None]
    return number(median(there) if there else None)
