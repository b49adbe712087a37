"""Background work of challenges."""

import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from app.challenges.models import Announcement, Evaluation, Phase
from app.challenges.services.announcements import tell_members
from app.challenges.services.costs import count_costs
from app.challenges.services.design import note_opening
from app.challenges.services.evaluations import advance
from app.challenges.services.leaderboard import rank_what_is_due
from app.challenges.services.ranking_files import erase_names, erase_names_that_were_missed
from app.challenges.services.rankings import compute_wanted, want_what_was_lost
from app.challenges.services.watchdog import end_stuck_evaluations, note_stumble
from app.core.tasks import task

logger = logging.getLogger(__name__)
STALE = timedelta(seconds=2 * settings.RECONCILE_SECONDS)


@task(queue="evaluations", max_seconds=600)
def advance_evaluation(evaluation_id: str) -> None:
    """Take an evaluation as far as it can go now; an error is counted, and tried again later."""
    try:
        advance(evaluation_id)
    except Exception:
        logger.exception("A step of evaluation %s was broken off.", evaluation_id)
        note_stumble(evaluation_id)


@task(queue="evaluations", max_seconds=120)
def reconcile_evaluations() -> None:
    """Send what the database says is under way and the broker may have forgotten.

    What was looked at longest ago comes first, so that none waits behind others for ever.
    What is over is counted for what it cost.
    """
    end_stuck_evaluations()
    count_costs()
    stale = Evaluation.objects.exclude(state__in=Evaluation.MACHINE.final).filter(
        modified__lt=timezone.now() - STALE
    )
    for pk in stale.order_by("modified").values_list("pk", flat=True)[:500]:
        advance_evaluation.delay(str(pk))


@task(queue="evaluations", max_seconds=120)
def rank_due_phases() -> None:
    """Rank the phases that closed with results held back, and send again what was lost."""
    rank_what_is_due()
    want_what_was_lost()
    erase_names_that_were_missed()


@task(queue="evaluations", max_seconds=600)
def compute_ranking_of(phase_id: str) -> None:
    """Rank a phase by its plan, with everything that was scored until now."""
    compute_wanted(phase_id)


@task(queue="evaluations", max_seconds=600)
def erase_ranked_names() -> None:
    """Take the names of deleted accounts out of stored rankings."""
    erase_names()


@task(queue="short", max_seconds=600)
def tell_announcement(announcement_id: str) -> None:
    """Tell everybody who takes part of an announcement."""
    tell_members(announcement_id)


@task(queue="short", max_seconds=120)
def reconcile_announcements() -> None:
    """Send announcements that nobody was told of, because the message was lost."""
    untold = Announcement.objects.filter(told_at=None, created__lt=timezone.now() - STALE)
    for pk in untold.values_list("pk", flat=True)[:100]:
        tell_announcement.delay(str(pk))


@task(queue="short", max_seconds=120)
def reconcile_openings() -> None:
    """Freeze the designs of phases that began to take submissions, whatever made them begin."""
    for phase in Phase.objects.filter(design_freeze=None, opens_at__lte=timezone.now())[:500]:
        note_opening(phase)
