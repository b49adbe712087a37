"""Rank, then aggregate: each case ranks the entries; an entry's value is the mean of its ranks.

A missing score comes after the largest rank given in its case, or counts as the fixed value.
"""

from app.challenges.ranking.plan import Plan, Scheme
from app.challenges.ranking.positions import Direction
from app.challenges.ranking.ranks import rank_rows
from app.challenges.ranking.schemes.prepared import Prepared, Summary, aggregated, scored
from app.challenges.ranking.table import TaskScores


def prepare(scheme: Scheme, task: TaskScores, plan: Plan) -> Prepared:
    """Prepare the scheme for one task."""
    found = scored(task, scheme.metrics[0], plan)
    ranks = rank_rows(found.losses, ties=plan.ties)
    return Prepared(
        values=aggregated(ranks, found.cases, scheme.aggregate),
        direction=Direction.LOWER,
        missing=found.missing,
        cases=found.cases,
        summary=Summary(ranks, scheme.aggregate),
    )
