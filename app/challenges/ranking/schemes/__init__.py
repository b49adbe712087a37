"""The schemes: a new one is a module here, a line in `PREPARE`, and a word in the plan's schema."""

from collections.abc import Callable, Mapping

from app.challenges.ranking.plan import Kind, Plan, Scheme
from app.challenges.ranking.schemes import (
    aggregate_then_rank,
    metric_ranks,
    rank_then_aggregate,
    test_based,
)
from app.challenges.ranking.schemes.prepared import Prepared
from app.challenges.ranking.table import TaskScores

Prepare = Callable[[Scheme, TaskScores, Plan], Prepared]

PREPARE: Mapping[Kind, Prepare] = {
    # A metric's mean over the cases; with one number for each entry, that number.
    Kind.ABSOLUTE: aggregate_then_rank.prepare,
    Kind.AGGREGATE_THEN_RANK: aggregate_then_rank.prepare,
    Kind.RANK_THEN_AGGREGATE: rank_then_aggregate.prepare,
    Kind.METRIC_RANKS: metric_ranks.prepare,
    Kind.TEST_BASED: test_based.prepare,
}

__all__ = ["PREPARE", "Prepared"]
