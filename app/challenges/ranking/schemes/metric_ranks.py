"""Ranks by several metrics: the mean or median of an entry's positions, one for each metric."""

import numpy as np

from app.challenges.ranking.aggregates import Counts
from app.challenges.ranking.plan import Plan, Scheme
from app.challenges.ranking.positions import Direction
from app.challenges.ranking.ranks import rank_rows
from app.challenges.ranking.schemes.prepared import Prepared, aggregated, scored
from app.challenges.ranking.table import Floats, TaskScores


def prepare(scheme: Scheme, task: TaskScores, plan: Plan) -> Prepared:
    """Prepare the scheme for one task."""
    found = [scored(task, metric, plan) for metric in scheme.metrics]
    each = [(one, aggregated(one.rows, one.cases, scheme.aggregate)) for one in found]

    def values(counts: Counts) -> Floats:
        positions = [
            rank_rows(one.direction.losses(aggregate(counts)), ties=plan.ties)
            for one, aggregate in each
        ]
        return scheme.across.of_ranks(np.stack(positions))

    return Prepared(
        values=values,
        direction=Direction.LOWER,
        missing=sum((one.missing for one in found), np.zeros(len(task.algorithms), dtype=np.intp)),
        cases=np.unique(np.concatenate([one.cases for one in found])),
    )
