"""Which submissions their entrants chose, and which they may choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.accounts.models import User
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.teams import party_of


@dataclass(frozen=True)
class Choices:
    """The submissions on a page that were chosen, and those that the reader may choose.

    Those ``without_score`` were chosen, and lost their score since: another result counts.
    """

    chosen: frozenset[UUID]
    possible: frozenset[UUID]
    without_score: frozenset[UUID]


def choices_among(user: User, phase: Phase, shown: Sequence[Submission]) -> Choices | None:
    """Return what was chosen and what may be; nothing where the phase lets nobody choose."""
    if phase.counts != Phase.Counts.CHOSEN:
        return None
    chosen = frozenset(
        Submission.objects.filter(phase=phase, chosen_at__isnull=False)
        .filter(state=Submission.State.ACCEPTED)
        .order_by("competes_as", "-chosen_at")
        .distinct("competes_as")
        .values_list("pk", flat=True)
    )
    lost = frozenset(row.pk for row in shown if row.pk in chosen and not can_count(row))
    if not phase.takes_submissions:
        return Choices(chosen, possible=frozenset(), without_score=lost)
    party = party_of(user, phase.challenge)
    possible = [
        row.pk
        for row in shown
        if row.pk not in chosen and party.is_entrant(row.competes_as) and can_count(row)
    ]
    return Choices(chosen, possible=frozenset(possible), without_score=lost)


def can_count(submission: Submission) -> bool:
    """Tell whether a submission came to a score."""
    if submission.state != Submission.State.ACCEPTED:
        return False
    done = Evaluation.State.SUCCEEDED
    rows = submission.evaluations.all()
    return any(row.state == done and row.score is not None for row in rows)
