"""Making, changing and deleting leaderboards over several phases."""

import math
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.audit.services import change, record
from app.challenges.models import Challenge, CombinedBoard, CombinedPart, Phase
from app.challenges.models.combined import LEAST_WEIGHT, MOST_WEIGHT
from app.core.errors import Conflict, ValidationFailed

MOST_BOARDS = 20
Weights = Mapping[Phase, float]


@transaction.atomic
def create_combined(
    *, actor: User, challenge: Challenge, weights: Weights, **fields: Any
) -> CombinedBoard:
    """Make a combined leaderboard; raises `Conflict` when there are `MOST_BOARDS`."""
    challenge = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    if challenge.combined_boards.count() >= MOST_BOARDS:
        said = f"A challenge has at most {MOST_BOARDS} combined leaderboards."
        raise Conflict(said, advice="Delete one first.")
    board = CombinedBoard(challenge=challenge, **fields)
    _check(board, weights)
    board.save()
    _set_parts(board, weights)
    data = {"title": board.title, "rule": board.rule, "weights": _named(weights)}
    record("challenges.combined.created", obj=board, actor=actor, data=data)
    return board


@transaction.atomic
def update_combined(
    *, actor: User, board: CombinedBoard, weights: Weights, **changes: Any
) -> CombinedBoard:
    """Change a combined leaderboard, and which phases count in it."""
    Challenge.objects.select_for_update(no_key=True).get(pk=board.challenge_id)
    will_be = CombinedBoard.objects.get(pk=board.pk)
    for name, value in changes.items():
        setattr(will_be, name, value)
    _check(will_be, weights)
    before = {part.phase: part.weight for part in board.parts.select_related("phase")}
    if before != dict(weights):
        board.parts.all().delete()
        _set_parts(board, weights)
        data = {"before": _named(before), "after": _named(weights)}
        record("challenges.combined.weighed", obj=board, actor=actor, data=data)
    return change("challenges.combined.changed", obj=board, actor=actor, **changes)


@transaction.atomic
def delete_combined(*, actor: User, board: CombinedBoard) -> None:
    """Delete a combined leaderboard; the phases and their ranks stay."""
    data = {"title": board.title}
    record("challenges.combined.deleted", obj=board.challenge, actor=actor, data=data)
    board.delete()


def _check(board: CombinedBoard, weights: Weights) -> None:
    others = CombinedBoard.objects.filter(challenge=board.challenge_id, title=board.title)
    if others.exclude(pk=board.pk).exists():
        said = "Another combined leaderboard of this challenge has this title."
        raise ValidationFailed(fields={"title": [said]})
    board.full_clean(validate_constraints=False)
    if len(weights) < 2:
        raise ValidationFailed("Give at least two phases a weight.")
    for phase, weight in weights.items():
        if phase.challenge_id != board.challenge_id:
            raise ValidationFailed("A phase is of another challenge.")
        if not (math.isfinite(weight) and LEAST_WEIGHT <= weight <= MOST_WEIGHT):
            raise ValidationFailed(f"A weight is from {LEAST_WEIGHT} to {MOST_WEIGHT}.")
    if board.rule != CombinedBoard.Rule.SCORES:
        return
    if len({phase.direction for phase in weights}) > 1:
        said = "In some of these phases higher scores are better, in others lower. Combine ranks."
        raise ValidationFailed(fields={"rule": [said]})
    if board.missing == CombinedBoard.Missing.WORST:
        said = "There is no worst rank among scores. Choose “No combined rank”, or combine ranks."
        raise ValidationFailed(fields={"missing": [said]})


def _set_parts(board: CombinedBoard, weights: Weights) -> None:
    CombinedPart.objects.bulk_create(
        CombinedPart(board=board, phase=phase, weight=weight) for phase, weight in weights.items()
    )


def _named(weights: Weights) -> dict[str, float]:
    return {phase.title: weight for phase, weight in weights.items()}
