"""One scheme's ranking in one task, of all cases and of every resample."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.challenges.ranking.aggregates import Counts
from app.challenges.ranking.plan import Groups, Plan, Scheme
from app.challenges.ranking.positions import Direction
from app.challenges.ranking.ranks import rank_rows
from app.challenges.ranking.resampling import (
    Design,
    DesignInvalid,
    blocks,
    design_of,
    draw_counts,
)
from app.challenges.ranking.schemes import PREPARE, Prepared
from app.challenges.ranking.table import Floats, NoScores, TaskScores


class RankingRefused(Exception):
    """The plan does not fit the scores; the message says what to change."""


@dataclass(frozen=True)
class Ranking:
    """Values and ranks of all cases, and of the resamples (draws x entries, perhaps none)."""

    scheme: Scheme
    algorithms: tuple[str, ...]
    direction: Direction
    values: Floats
    ranks: Floats
    drawn: Floats
    drawn_ranks: Floats
    missing: NDArray[np.intp]
    prepared: Prepared | None = None
    design: Design | None = None

    @property
    def units(self) -> int:
        """How many independent cases (or clusters) the ranking stands on; 0 over several tasks."""
        return self.design.units if self.design else 0


def rank_task(task: TaskScores, plan: Plan) -> tuple[dict[str, Ranking], dict[str, str]]:
    """Return the rankings by scheme, and why a scheme does not apply; raises `RankingRefused`."""
    design = design_for(task, plan)
    prepared: dict[str, Prepared] = {}
    refused: dict[str, str] = {}
    for scheme in plan.schemes:
        if scheme.kind in PREPARE:
            try:
                prepared[scheme.name] = PREPARE[scheme.kind](scheme, task, plan)
            except NoScores as error:
                refused[scheme.name] = str(error)
    drawn = _drawn(task, plan, design, prepared)
    once = np.ones((1, len(task.cases)), dtype=np.int32)
    by_name = {scheme.name: scheme for scheme in plan.schemes}
    rankings = {}
    for name, one in prepared.items():
        values = one.values(once)
        rankings[name] = Ranking(
            scheme=by_name[name],
            algorithms=task.algorithms,
            direction=one.direction,
            values=values[0],
            ranks=rank_rows(one.direction.losses(values), ties=plan.ties)[0],
            drawn=drawn[name],
            drawn_ranks=rank_rows(one.direction.losses(drawn[name]), ties=plan.ties),
            missing=one.missing,
            prepared=one,
            design=design.only(one.cases),
        )
    return rankings, refused


def _drawn(
    task: TaskScores, plan: Plan, design: Design, prepared: Mapping[str, Prepared]
) -> dict[str, Floats]:
    entries = len(task.algorithms)
    draws = plan.bootstrap.draws if plan.bootstrap else 0
    found = {name: np.empty((draws, entries)) for name in prepared}
    if plan.bootstrap is None:
        return found
    tested = any(one.tests for one in prepared.values())
    per_draw = max(len(task.cases), entries**2 if tested else entries)
    for first, count in blocks(draws, per_draw=per_draw):
        counts: Counts = draw_counts(
            design, seed=plan.bootstrap.seed, task=task.task, first=first, count=count
        )
        for name, one in prepared.items():
            found[name][first : first + count] = one.values(counts)
    return found


def design_for(task: TaskScores, plan: Plan) -> Design:
    """Return the clusters and strata of the task's cases; raises `RankingRefused`."""
    given = plan.bootstrap
    cluster, strata = (given.cluster, given.strata) if given else (Groups(), Groups())
    try:
        return design_of(
            [_group(cluster, case, "cluster", case) for case in task.cases],
            [_group(strata, case, "strata", "") for case in task.cases],
        )
    except DesignInvalid as error:
        raise RankingRefused(f"The task “{task.task}”: {error}") from None


def _group(groups: Groups, case: str, word: str, alone: str) -> str:
    if groups.separator:
        return case.split(groups.separator, 1)[0]
    if groups.cases:
        if case not in groups.cases:
            raise RankingRefused(f"bootstrap.{word}.cases: There is nothing for “{case}”.")
        return groups.cases[case]
    return alone
