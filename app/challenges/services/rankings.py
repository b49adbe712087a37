"""Computing a phase's ranking by its plan, and keeping it."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

import app
from app.challenges.leaderboards.plans import plan_of
from app.challenges.leaderboards.scores import Gathered, gather
from app.challenges.models import Evaluation, Phase, Ranking, RankingEntry
from app.challenges.ranking import (
    Plan,
    PlanInvalid,
    RankingRefused,
    ScoresInvalid,
    ScoreTable,
    parse_plan,
    rank,
    read_scores,
)
from app.challenges.ranking.plan import ABOUT, Kind
from app.challenges.ranking.run import ALL_TASKS
from app.challenges.selectors import leaderboard_for
from app.challenges.services.ranking_files import store_files
from app.core.ids import new_id
from app.core.tasks import enqueue_on_commit

TASK = "app.challenges.tasks.compute_ranking_of"
BARS = 20
MOST_TRIES = 3
LONGEST = timedelta(minutes=15)
"""After this a computation that says nothing is taken for lost; the task ends it before."""
GIVEN_UP = (
    f"The computation failed {MOST_TRIES} times for a reason that nobody foresaw, and was given "
    "up. It is tried again when there is a new result, or when the ranking is saved anew."
)

logger = logging.getLogger(__name__)


def want_ranking(phase: Phase) -> None:
    """Ask for a ranking once the transaction has committed; one request per phase waits.

    ``phase`` is locked.
    """
    waiting = phase.ranking_wanted_at is not None
    phase.ranking_wanted_at = timezone.now()
    Phase.objects.filter(pk=phase.pk).update(ranking_wanted_at=phase.ranking_wanted_at)
    if not waiting:
        enqueue_on_commit(TASK, phase.pk)


def compute_wanted(phase_id: str) -> None:
    """Compute the ranking that was asked for; what was asked for meanwhile is done after.

    Each try is counted before it begins, so that one that kills its worker counts too.
    """
    phase = _begun(phase_id)
    if phase is None:
        return
    mine = Phase.objects.filter(pk=phase.pk, ranking_wanted_at=phase.ranking_wanted_at)
    if phase.ranking_tries > MOST_TRIES:
        _give_up(phase)
        return
    try:
        compute_ranking(phase)
    except Exception:
        logger.exception("The ranking of phase %s was broken off.", phase.pk)
        Phase.objects.filter(pk=phase.pk).update(ranking_tried_at=None)
        if phase.ranking_tries == MOST_TRIES:
            _give_up(phase)
        return
    mine.update(ranking_wanted_at=None)
    Phase.objects.filter(pk=phase.pk).update(ranking_tried_at=None, ranking_tries=0)
    if Phase.objects.filter(pk=phase.pk, ranking_wanted_at__isnull=False).exists():
        enqueue_on_commit(TASK, phase.pk)


def want_what_was_lost() -> None:
    """Ask again for rankings whose message was lost, and for those that were broken off."""
    for pk in _to_begin().values_list("pk", flat=True):
        enqueue_on_commit(TASK, pk)


def _begun(phase_id: str) -> Phase | None:
    """Take a phase whose ranking is wanted, and that nobody works on; count the try."""
    taken = _to_begin().filter(pk=phase_id)
    count = F("ranking_tries") + 1
    if not taken.update(ranking_tried_at=timezone.now(), ranking_tries=count):
        return None
    return Phase.objects.get(pk=phase_id)


def _to_begin() -> QuerySet[Phase]:
    """Return the phases whose ranking is wanted, and that no worker can still be working on."""
    idle = Q(ranking_tried_at=None) | Q(ranking_tried_at__lt=timezone.now() - LONGEST)
    return Phase.objects.filter(idle, ranking_wanted_at__isnull=False)


def _give_up(phase: Phase) -> None:
    """Stop trying until a ranking is asked for again, and say so."""
    _note_problem(phase, GIVEN_UP)
    Phase.objects.filter(pk=phase.pk).update(
        ranking_wanted_at=None, ranking_tried_at=None, ranking_tries=0
    )


def compute_ranking(phase: Phase) -> Ranking | None:
    """Rank what stands on the leaderboard by the phase's plan, and keep the result.

    Nothing is kept where the newest ranking was made by the same plan, scores and code. Where the
    plan cannot be run the phase says why. Nothing is locked while it computes.
    """
    ranked = list(leaderboard_for(phase))
    if not ranked:
        _note_problem(phase, "")
        return None
    try:
        document = plan_of(phase, ranked)
        plan = parse_plan(document)
        gathered = gather(phase, ranked, plan)
        _require_metrics(plan, gathered)
        table = read_scores(gathered.data)
        results = rank(plan, table)
    except (PlanInvalid, ScoresInvalid, RankingRefused) as error:
        _note_problem(phase, str(error)[:500])
        return None
    _note_problem(phase, "")
    made = Ranking(
        pk=new_id(),
        phase=phase,
        plan=document,
        plan_sha256=plan.digest,
        scores_sha256=table.digest,
        seed=plan.bootstrap.seed if plan.bootstrap else None,
        code_version=app.__version__,
        cases=_case_count(table, gathered),
        entry_count=len(ranked),
        notes=[note["text"] for note in results[ABOUT]["notes"]],
    )
    return _keep(made, _entries(made, ranked, (plan, table, gathered), results), gathered, results)


@transaction.atomic
def _keep(
    made: Ranking, entries: list[RankingEntry], gathered: Gathered, results: Mapping[str, Any]
) -> Ranking:
    """Store a ranking unless the newest one is the same; return the one that is there."""
    Phase.objects.select_for_update(of=("self",)).get(pk=made.phase_id)
    newest = Ranking.objects.filter(phase=made.phase_id).first()
    if newest is not None and _inputs(newest) == _inputs(made):
        return newest
    store_files(made, scores=gathered.data, results=results)
    made.save(force_insert=True)
    RankingEntry.objects.bulk_create(entries, batch_size=500)
    return made


def _inputs(ranking: Ranking) -> tuple[str, str, str]:
    return ranking.plan_sha256, ranking.scores_sha256, ranking.code_version


def _note_problem(phase: Phase, text: str) -> None:
    if phase.ranking_problem != text:
        phase.ranking_problem = text
        Phase.objects.filter(pk=phase.pk).update(ranking_problem=text)


def _require_metrics(plan: Plan, gathered: Gathered) -> None:
    """Raise `RankingRefused` if nothing was scored by anything that the plan ranks by."""
    if not gathered.count:
        words = ", ".join(f"“{name}”" for name in plan.metrics)
        raise RankingRefused(f"No result has a score by {words}; the plan ranks by that.")


def _case_count(table: ScoreTable, gathered: Gathered) -> int:
    return len(table.tasks[gathered.task].cases)


def _entries(
    made: Ranking,
    ranked: list[Evaluation],
    inputs: tuple[Plan, ScoreTable, Gathered],
    results: Mapping[str, Any],
) -> list[RankingEntry]:
    """Return the places by the plan's first scheme; the range of scores is set on ``made``."""
    plan, table, gathered = inputs
    scheme = plan.schemes[0]
    task = ALL_TASKS if scheme.kind is Kind.CONSENSUS else gathered.task
    found = results[scheme.name].get(task, {})
    bars = _distributions(made, plan, table, gathered.task)
    rows = []
    for row in ranked:
        name = gathered.names[row.pk]
        place = found.get(name, {})
        ranks, values = (place.get(key) or (None, None) for key in ("interval", "value_interval"))
        rows.append(
            RankingEntry(
                ranking=made,
                evaluation=row,
                entrant=row.submission.competes_as,
                name=name,
                position=place.get("rank"),
                value=place.get("value"),
                rank_from=ranks[0],
                rank_to=ranks[1],
                tier=place.get("tier") or "",
                band=place.get("band"),
                value_from=values[0],
                value_to=values[1],
                missing=place.get("missing") or 0,
                distribution=bars.get(name, []),
                reason=place.get("reason", "")[:500],
            )
        )
    return rows


def _distributions(made: Ranking, plan: Plan, table: ScoreTable, task: str) -> dict[str, list[int]]:
    """Return how many cases of each entry are in which part of the range of all scores."""
    named = [metric for scheme in plan.schemes for metric in scheme.metrics]
    of_task = table.tasks[task]
    if not named or named[0] not in of_task.metrics:
        return {}
    values, cases = of_task.of_metric(named[0])
    known = values[~np.isnan(values)]
    if len(cases) < 2 or not known.size:
        return {}
    low, high = float(known.min()), float(known.max())
    made.score_from, made.score_to = low, high
    if low == high:
        return {}
    return {
        name: np.histogram(column[~np.isnan(column)], bins=BARS, range=(low, high))[0].tolist()
        for name, column in zip(of_task.algorithms, values.T, strict=True)
    }
