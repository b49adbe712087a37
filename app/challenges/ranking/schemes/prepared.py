"""What a scheme gives for one task: values for any resample of the cases."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.challenges.ranking.aggregates import Aggregate, Counts
from app.challenges.ranking.plan import Plan
from app.challenges.ranking.positions import Direction
from app.challenges.ranking.table import Floats, TaskScores
from app.challenges.ranking.wilcoxon import SignedRanks


@dataclass(frozen=True)
class Scored:
    """One metric's scores (cases x entries) with the fixed value in place; NaN by rule “worst”."""

    rows: Floats
    cases: NDArray[np.intp]
    missing: NDArray[np.intp]
    direction: Direction

    @property
    def losses(self) -> Floats:
        """The scores turned so that the lower is the better."""
        return self.direction.losses(self.rows)


@dataclass(frozen=True)
class Summary:
    """Of which numbers (cases x entries) the value is the mean or quantile, for its interval."""

    rows: Floats
    aggregate: Aggregate


@dataclass(frozen=True)
class Prepared:
    """One scheme for one task.

    ``values`` returns resamples x entries for counts of the task's cases; NaN for an entry that
    has no value. ``summary`` is there where the value is one of independent numbers; ``tests``
    where the scheme stands on tests.
    """

    values: Callable[[Counts], Floats]
    direction: Direction
    missing: NDArray[np.intp]
    cases: NDArray[np.intp]
    summary: Summary | None = None
    tests: SignedRanks | None = None


def scored(task: TaskScores, metric: str, plan: Plan) -> Scored:
    """Return the metric's scores under its rule for missing ones; raises `NoScores`."""
    rule = plan.metrics[metric]
    rows, cases = task.of_metric(metric)
    absent = np.isnan(rows)
    if rule.missing.value is not None:
        rows = np.where(absent, rule.missing.value, rows)
    return Scored(rows, cases, absent.sum(axis=0), rule.direction)


def aggregated(
    rows: Floats, cases: NDArray[np.intp], aggregate: Aggregate
) -> Callable[[Counts], Floats]:
    """Return what aggregates each entry's ``rows`` over its cases.

    An entry with a missing score (NaN) has no value, in no resample: the rule “worst” looks at all
    cases, and a draw that leaves the missing one out forgives nothing.
    """
    absent = np.isnan(rows)
    incomplete = absent.any(axis=0)
    over = aggregate.of(np.where(absent, 0.0, rows))

    def values(counts: Counts) -> Floats:
        result = over(counts[:, cases])
        result[:, incomplete] = np.nan
        return result

    return values
