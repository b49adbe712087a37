"""Choosing the result that counts."""

from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.challenges.choosing import can_count
from app.challenges.models import Phase, Submission
from app.challenges.services.leaderboard import rerank
from app.challenges.services.submissions import locked_phase
from app.core.errors import Conflict


@transaction.atomic
def choose_submission(*, actor: User, submission: Submission) -> Submission:
    """Let ``submission`` be the one that counts for its entrant; an earlier choice gives way.

    Raises `Conflict` where the phase lets nobody choose, is closed, or there is no score.
    """
    phase = locked_phase(submission.phase)
    if phase.counts != Phase.Counts.CHOSEN:
        raise Conflict("In this phase nobody chooses the result that counts.")
    if not phase.takes_submissions:
        raise Conflict(
            "The phase is not open: what counts stays as it is.",
            advice="Ask the organizers if the wrong result stands on the leaderboard.",
        )
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
    if not can_count(submission):
        raise Conflict(
            "This submission has no score yet.", advice="Choose it when its evaluation is done."
        )
    submission.chosen_at = timezone.now()
    submission.save(update_fields=["chosen_at", "modified"])
    record("challenges.submission.chosen", obj=submission, actor=actor)
    rerank(phase, entrant_id=submission.competes_as_id)
    return submission
