"""What a reader of a ranking should know before believing it."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.challenges.ranking.plan import Plan, RankIntervals
from app.challenges.ranking.ranking import Ranking
from app.challenges.ranking.table import ScoreTable
from app.challenges.ranking.value_intervals import FEW

ENOUGH_DRAWS = 1000


def notes_of(
    plan: Plan, scores: ScoreTable, rankings: Mapping[str, Mapping[str, Ranking]]
) -> list[dict[str, Any]]:
    """Return the notes, each with the scheme and task that it is about, where it is about one."""
    notes = [{"text": text} for text in _of_all(plan, scores)]
    for name, of_tasks in rankings.items():
        for task, ranking in of_tasks.items():
            notes += [
                {"scheme": name, "task": task, "text": text} for text in _of_one(ranking, plan)
            ]
    return notes


def _of_all(plan: Plan, scores: ScoreTable) -> Iterator[str]:
    if plan.bootstrap is None:
        yield "The plan has no bootstrap: ranks have no intervals except where tests give them."
    elif plan.bootstrap.draws < ENOUGH_DRAWS:
        yield f"{plan.bootstrap.draws} draws are few; {ENOUGH_DRAWS} make intervals steady."
    if scores.problems:
        count = len(scores.problems)
        what = (
            "1 value is no finite number" if count == 1 else f"{count} values are no finite numbers"
        )
        yield f"{what}, so missing."
    if plan.bootstrap is not None and plan.ci.ranks is RankIntervals.PERCENTILE:
        yield (
            "Percentile intervals miss the true rank too often where entries are close; "
            "“pairwise” holds its level."
        )


def _of_one(ranking: Ranking, plan: Plan) -> Iterator[str]:
    if ranking.design is None:
        return
    word = "cases" if ranking.design.simple else "independent groups of cases"
    if ranking.units == 1:
        yield "There is a single case: it says nothing of other cases, so there is no interval."
    elif ranking.units < FEW:
        yield (
            f"There are {ranking.units} {word}; under {FEW}, intervals may hold less than they say."
        )
    summary = ranking.prepared.summary if ranking.prepared else None
    if summary and summary.aggregate.quantile is not None and not ranking.design.simple:
        yield "Quantiles have no interval where cases are drawn in groups or strata."
    incomplete = int((ranking.missing > 0).sum())
    if incomplete:
        who = "1 algorithm has" if incomplete == 1 else f"{incomplete} algorithms have"
        yield f"{who} missing scores; the declared rule was applied."
