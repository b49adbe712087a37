"""Ranking a phase's evaluations."""

import math
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from app.challenges.json_paths import value_at
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.ranking import (
    Direction,
    MissingScore,
    best_of_each,
    chosen_of_each,
    ladder_of_each,
    latest_of_each,
    rank_positions,
    score_at,
)
from app.challenges.services.rankings import want_ranking

NOT_THE_BEST = "Not ranked: a better result stands on the leaderboard."
NOT_THE_LATEST = "Not ranked: a later result stands on the leaderboard."
NOT_CHOSEN = "Not ranked: another of the team's results was chosen."
NO_STEP = "Not ranked: not better than the result on the leaderboard by the step that it takes."
HELD_BACK = "Not ranked yet: the leaderboard is frozen until the phase closes."


@transaction.atomic
def rerank(phase: Phase, *, entrant_id: UUID | None = None) -> None:
    """Give the evaluation that counts of every entrant of ``phase`` its rank.

    All others are unranked and say why: their metrics lack the score, another of the entrant's
    counts, or the leaderboard is frozen. Each submission counts with its newest finished
    evaluation.

    With ``entrant_id`` nothing but that entrant's results has changed: of everybody else only what
    stands on the leaderboard is read, and the places that move are written.
    """
    phase = Phase.objects.select_for_update().get(pk=phase.pk)
    now = timezone.now()
    whole = entrant_id is None or phase.ranked_at is None or _thaws(phase, now)
    finished, theirs = _finished(phase), Q(submission__competes_as=entrant_id)
    rows = list(finished if whole else finished.filter(theirs))
    others = [] if whole else list(finished.filter(~theirs, rank__isnull=False))
    before = [_result(row) for row in (*rows, *others)]
    scores = _score(rows, phase)
    direction = Direction(phase.direction)
    shown = {row: score for row, score in scores.items() if _is_shown(row, phase, now)}
    counting = _counting(shown, phase, now)
    placed = counting | {row: row.score for row in others if row.score is not None}
    ranks = rank_positions(placed, direction=direction)
    for row in others:
        row.rank = ranks.get(row)
    standing = {row.submission.competes_as_id: row for row in counting}
    for row in scores:
        row.rank = ranks.get(row)
        if row not in shown:
            row.reason = HELD_BACK
        elif row.rank is None:
            row.reason = _why_not(row, standing[row.submission.competes_as_id], phase)
    after = zip((*rows, *others), before, strict=True)
    changed = [row for row, was in after if _result(row) != was]
    Evaluation.objects.bulk_update(changed, ["score", "rank", "reason"], batch_size=500)
    Phase.objects.filter(pk=phase.pk).update(ranked_at=now)
    want_ranking(phase)


def _counting(
    shown: dict[Evaluation, float], phase: Phase, now: datetime
) -> dict[Evaluation, float]:
    """Return the one result of every entrant that counts by the phase's rule."""
    rule, direction = Phase.Counts(phase.counts), Direction(phase.direction)
    entrants = {row: row.submission.competes_as_id for row in shown}
    if rule == Phase.Counts.LATEST:
        handed_in = sorted(shown, key=lambda row: row.submission.created)
        return latest_of_each({row: shown[row] for row in handed_in}, entrants)
    if phase.has_ladder(now):
        made = {row: shown[row] for row in sorted(shown, key=_scored_at)}
        best = ladder_of_each(made, entrants, direction=direction, step=phase.ladder_step or 0)
    else:
        best = best_of_each(shown, entrants, direction=direction)
    if rule == Phase.Counts.BEST:
        return best
    chosen = {row: row.submission.chosen_at for row in shown if row.submission.chosen_at}
    return chosen_of_each(shown, entrants, chosen=chosen, otherwise=best)


def _scored_at(row: Evaluation) -> tuple[bool, datetime]:
    """Return when a result was made; what is being ranked just now comes last."""
    return row.finished_at is None, row.finished_at or row.created


def _why_not(row: Evaluation, standing: Evaluation, phase: Phase) -> str:
    """Return why a result has no place, while ``standing``, of the same entrant, has one."""
    if phase.counts == Phase.Counts.LATEST:
        return NOT_THE_LATEST
    if phase.counts == Phase.Counts.CHOSEN and standing.submission.chosen_at:
        return NOT_CHOSEN
    later = _scored_at(row) > _scored_at(standing)
    return NO_STEP if later and phase.has_ladder(timezone.now()) else NOT_THE_BEST


def _result(row: Evaluation) -> tuple[float | None, int | None, str]:
    return row.score, row.rank, row.reason


def _finished(phase: Phase) -> QuerySet[Evaluation]:
    """Return what may be ranked, the oldest first, with the score alone of its metrics."""
    return (
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


def _thaws(phase: Phase, now: datetime) -> bool:
    """Tell whether the phase closed since it was ranked, so that results come out."""
    if phase.closes_at is None or phase.ranked_at is None:
        return False
    return phase.ranked_at < phase.closes_at <= now


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
    held_back = Q(frozen_at__isnull=False) | Q(ladder_step__gt=0)
    thawed = held_back & Q(closes_at__lte=timezone.now(), ranked_at__lt=F("closes_at"))
    scored = Phase.objects.filter(submissions__evaluations__metrics__isnull=False)
    for phase in scored.filter(Q(ranked_at=None) | thawed).distinct():
        rerank(phase)
