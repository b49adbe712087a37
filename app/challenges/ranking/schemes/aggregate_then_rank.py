"""Aggregate, then rank: each entry's mean, median or quantile over the cases, then their order."""

from app.challenges.ranking.plan import Plan, Scheme
from app.challenges.ranking.schemes.prepared import Prepared, Summary, aggregated, scored
from app.challenges.ranking.table import TaskScores


def prepare(scheme: Scheme, task: TaskScores, plan: Plan) -> Prepared:
    """Prepare the scheme for one task."""
    found = scored(task, scheme.metrics[0], plan)
    return Prepared(
        values=aggregated(found.rows, found.cases, scheme.aggregate),
        direction=found.direction,
        missing=found.missing,
        cases=found.cases,
        summary=Summary(found.rows, scheme.aggregate),
    )
