"""The heat map of ranks in single cases: what it tells, in a sentence and as a table."""

from typing import Any

from app.challenges.ranking.pictures.asked import Asked, Table, counted, listed, most
from app.challenges.ranking.plots import rank_heat_map
from app.challenges.ranking.plots.parts import Spec, labeled

TITLE = "Ranks in single cases"
READING = (
    "Each row is an entry, each column a rank; the darker a square, the more cases gave the entry "
    "that rank. A row that is dark at its left alone is good everywhere; a spread row depends on "
    "the case."
)


def spec(asked: Asked) -> Spec:
    """Return the specification."""
    return rank_heat_map(asked.results, asked.scheme, asked.cases, asked.plan)


def finding(asked: Asked, drawn: Spec) -> str:
    """Say who is first in most cases."""
    counts = _counts(asked, drawn)
    total = sum(next(iter(counts.values())).values())
    first = {name: of_rank.get(1.0, 0) for name, of_rank in counts.items()}
    best, cases = most(first.items())
    if not cases:
        return "Nobody is alone at the top of any case: the first place is always shared."
    verb = "is" if len(best) == 1 else "are each"
    return f"{listed(best)} {verb} first in {int(cases)} of {counted(total, 'case')}."


def table(asked: Asked, drawn: Spec) -> Table:
    """Return entries x ranks."""
    counts = _counts(asked, drawn)
    ranks = sorted({rank for of_rank in counts.values() for rank in of_rank})
    rows = [
        [name, *(str(of_rank.get(rank, 0)) for rank in ranks)] for name, of_rank in counts.items()
    ]
    return Table(("Entry", *(f"Rank {rank:g}" for rank in ranks)), rows)


def _counts(asked: Asked, drawn: Spec) -> dict[str, dict[float, int]]:
    names = {label: name for name, label in labeled(asked.results, asked.scheme.name, asked.task)}
    found: dict[str, dict[float, int]] = {name: {} for name in names.values()}
    values: list[dict[str, Any]] = drawn["data"]["values"]
    for row in values:
        found[names[row["entry"]]][row["rank"]] = row["cases"]
    return found
