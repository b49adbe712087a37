"""Ranking by tests: the share of opponents that an entry beats significantly.

Pairwise one-sided Wilcoxon signed-rank tests with Holm's rule over all ordered pairs, as
challengeR's ``testThenRank``.
"""

import numpy as np

from app.challenges.ranking.aggregates import Counts, decimal_grid
from app.challenges.ranking.plan import Plan, Scheme
from app.challenges.ranking.positions import Direction
from app.challenges.ranking.schemes.prepared import Prepared, scored
from app.challenges.ranking.table import Floats, TaskScores
from app.challenges.ranking.wilcoxon import SignedRanks, holm_significant


def prepare(scheme: Scheme, task: TaskScores, plan: Plan) -> Prepared:
    """Prepare the scheme for one task."""
    found = scored(task, scheme.metrics[0], plan)
    absent = np.isnan(found.losses)
    whole, _ = decimal_grid(np.where(absent, 0.0, found.losses))
    tests = SignedRanks(np.where(absent, np.inf, whole))
    opponents = max(1, len(task.algorithms) - 1)

    def values(counts: Counts) -> Floats:
        significant = holm_significant(tests.z(counts[:, found.cases]), alpha=scheme.alpha)
        share: Floats = significant.sum(axis=2) / opponents
        return share

    return Prepared(
        values=values,
        direction=Direction.HIGHER,
        missing=found.missing,
        cases=found.cases,
        tests=tests,
    )
