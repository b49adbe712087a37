"""Ranking a phase's evaluations."""

import math
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from app.challenges.json_paths import value_at
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.ranking import (
    Direction,
    MissingScore,
    best_of_each,
    rank_positions,
    score_at,
)
from app.challenges.services.rankings import want_ranking

NOT_THE_BEST = "Not ranked: a better result stands on the leaderboard."
HELD_BACK = "Not ranked yet: the leaderboard is frozen until the phase closes."


@transaction.atomic
def rerank(phase: Phase) -> None:
    """Give the best scored evaluation of every entrant of ``phase`` its rank.

    All others are unranked and say why: their metrics lack the score, another of the entrant's is
    better, or the leaderboard is frozen. Each submission counts with its newest finished
    evaluation.
    """
    phase = Phase.objects.select_for_update().get(pk=phase.pk)
    now = timezone.now()
    rows = _finished(phase)
    before = [_result(row) for row in rows]
    scores = _score(rows, phase)
    direction = Direction(phase.direction)
    shown = {row: score for row, score in scores.items() if _is_shown(row, phase, now)}
    entrants = {row: row.submission.competes_as_id for row in shown}
    best = best_of_each(shown, entrants, direction=direction)
    ranks = rank_positions(best, direction=direction)
    for row in scores:
        row.rank = ranks.get(row)
        if row.rank is None:
            row.reason = NOT_THE_BEST if row in shown else HELD_BACK
    changed = [row for row, was in zip(rows, before, strict=True) if _result(row) != was]
    Evaluation.objects.bulk_update(changed, ["score", "rank", "reason"], batch_size=500)
    Phase.objects.filter(pk=phase.pk).update(ranked_at=now)
    want_ranking(phase)


def _result(row: Evaluation) -> tuple[float | None, int | None, str]:
    return row.score, row.rank, row.reason


def _finished(phase: Phase) -> list[Evaluation]:
    """Return what may be ranked, the oldest first, with the score alone of its metrics."""
    return list(
        Evaluation.objects.filter(
            submission__phase=phase,
            submission__state=Submission.State.ACCEPTED,
            metrics__isnull=False,
            state__in=[Evaluation.State.RANKING, Evaluation.State.SUCCEEDED],
        )
        .select_related("submission")
        .annotate(found=value_at("metrics", phase.score_path.split(".")))
        .defer("metrics")
        .order_by("created")
    )


def _score(rows: list[Evaluation], phase: Phase) -> dict[Evaluation, float]:
    """Write every row's score, or why it has none; return the scores that count."""
    newest = {row.submission_id: row for row in rows}
    found: dict[UUID, Any] = {row.pk: vars(row)["found"] for row in rows}
    unclear = [pk for pk, value in found.items() if not _is_score(value, phase)]
    metrics = dict(Evaluation.objects.filter(pk__in=unclear).values_list("pk", "metrics"))
    scores: dict[Evaluation, float] = {}
    for row in rows:
        row.score, row.rank, row.reason = None, None, ""
        if newest[row.submission_id] is not row:
            continue
        try:
            if row.pk in metrics:
                found[row.pk] = score_at(metrics[row.pk], phase.score_path)
            row.score = scores[row] = float(found[row.pk])
        except MissingScore as error:
            row.reason = f"Not ranked: {error}"
    return scores


def _is_score(found: Any, phase: Phase) -> bool:
    """Tell whether what the database found is a score for sure: a place of a list is no key."""
    if any(re.fullmatch(r"-?\d+", key) for key in phase.score_path.split(".")):
        return False
    number = isinstance(found, (int, float)) and not isinstance(found, bool)
    return number and math.isfinite(found)


def _is_shown(row: Evaluation, phase: Phase, now: datetime) -> bool:
    """Tell whether a result was there before the leaderboard froze, or it is not frozen."""
    if phase.frozen_at is None or not phase.is_frozen(now):
        return True
    return row.finished_at is not None and row.finished_at <= phase.frozen_at


def rank_what_is_due() -> None:
    """Rank the phases that closed since they were ranked, and those that never were."""
    thawed = Q(frozen_at__isnull=False, closes_at__lte=timezone.now(), ranked_at__lt=F("closes_at"))
    scored = Phase.objects.filter(submissions__evaluations__metrics__isnull=False)
    for phase in scored.filter(Q(ranked_at=None) | thawed).distinct():
        rerank(phase)
