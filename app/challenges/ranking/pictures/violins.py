"""Stability of the schemes' rankings: what it tells, in a sentence and as a table."""

from collections.abc import Mapping
from typing import Any

from app.challenges.ranking.pictures.asked import Asked, Table
from app.challenges.ranking.plots import stability_violins
from app.challenges.ranking.plots.parts import Spec

TITLE = "Stability"
READING = (
    "Kendall's tau compares the ranking of each draw with that of all cases: 1 is the same order, "
    "0 is no relation. A shape that is narrow and near 1 says that other cases would hardly have "
    "changed the order."
)


def spec(asked: Asked) -> Spec:
    """Return the specification."""
    return stability_violins(asked.results, asked.task)


def finding(asked: Asked, drawn: Spec) -> str:
    """Say how much the order would change with other cases."""
    percentiles = taus(asked).get(asked.scheme.name)
    if percentiles is None:
        return "In every draw all entries share one rank: there is no order to compare."
    middle = percentiles[50]
    if middle >= 0.9:
        said = "With other cases like these the order would hardly change"
    elif middle >= 0.7:
        said = "With other cases like these some neighbors would change places"
    else:
        said = "With other cases like these the order might be quite another"
    return f"{said} (median of tau {middle:.2f})."


def table(asked: Asked, drawn: Spec) -> Table:
    """Return tau's median and where 9 of 10 draws lie, by scheme."""
    rows = [
        [scheme, f"{found[50]:.2f}", f"{found[5]:.2f} to {found[95]:.2f}"]
        for scheme, found in taus(asked).items()
    ]
    return Table(("Scheme", "Median of tau", "In 90 % of the draws"), rows)


def taus(asked: Asked) -> Mapping[str, list[float]]:
    """Return the percentiles of tau by scheme, of those that have any in the task."""
    stability: Mapping[str, Any] = asked.all_results["about"]["stability"]
    return {
        scheme: of_tasks[asked.task]["tau"]["percentiles"]
        for scheme, of_tasks in stability.items()
        if asked.task in of_tasks and of_tasks[asked.task]["tau"]["percentiles"]
    }
