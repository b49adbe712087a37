"""The consensus over tasks: the mean or median of an entry's ranks in the tasks.

The mean is challengeR's consensus by “euclidean”: the ranking nearest to those of the tasks.
"""

import numpy as np

from app.challenges.ranking.plan import Plan, Scheme
from app.challenges.ranking.positions import Direction
from app.challenges.ranking.ranking import Ranking
from app.challenges.ranking.ranks import Ties, rank_rows
from app.challenges.ranking.table import Floats


def consensus_of(
    scheme: Scheme, rankings: dict[str, Ranking], plan: Plan
) -> tuple[Ranking, dict[str, str]]:
    """Return the ranking over all tasks, and why an algorithm is not in it.

    Each task's draws are its own, as its cases are; the first draw of each makes the first of all.
    """
    everyone = sorted({name for ranking in rankings.values() for name in ranking.algorithms})
    reasons: dict[str, str] = {}
    for name in everyone:
        absent = [task for task, ranking in rankings.items() if name not in ranking.algorithms]
        if absent and not scheme.absent_is_worst:
            named = ", ".join(f"“{task}”" for task in absent)
            reasons[name] = f"It has no scores in the task {named}."
    names = tuple(name for name in everyone if name not in reasons)
    tasks = rankings.values()
    ranks = [_spread(one.ranks[None], one.algorithms, names, plan.ties) for one in tasks]
    drawn = [_spread(one.drawn_ranks, one.algorithms, names, plan.ties) for one in tasks]
    values, draws = scheme.across.of_ranks(np.stack(ranks)), scheme.across.of_ranks(np.stack(drawn))
    missing = [sum(_missing_of(one, name) for one in rankings.values()) for name in names]
    return Ranking(
        scheme=scheme,
        algorithms=names,
        direction=Direction.LOWER,
        values=values[0],
        ranks=rank_rows(values, ties=plan.ties)[0],
        drawn=draws,
        drawn_ranks=rank_rows(draws, ties=plan.ties),
        missing=np.array(missing, dtype=np.intp),
    ), reasons


def _spread(ranks: Floats, own: tuple[str, ...], names: tuple[str, ...], ties: Ties) -> Floats:
    """Return a task's ranks for ``names``; who is not in it comes after the largest rank."""
    absent = [name for name in names if name not in own]
    worst = ranks.max(axis=1, initial=0.0) + (
        (len(absent) + 1) / 2 if ties is Ties.AVERAGE else 1.0
    )
    place = {name: at for at, name in enumerate(own)}
    columns = [ranks[:, place[name]] if name in place else worst for name in names]
    return np.stack(columns, axis=1) if columns else np.empty((len(ranks), 0))


def _missing_of(ranking: Ranking, name: str) -> int:
    if name not in ranking.algorithms:
        return 0
    return int(ranking.missing[ranking.algorithms.index(name)])
