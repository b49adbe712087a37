"""Background work of challenges."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from app.challenges.models import Announcement, Evaluation, Phase
from app.challenges.services.announcements import tell_members
from app.challenges.services.design import note_opening
from app.challenges.services.evaluations import advance
from app.core.tasks import task

STALE = timedelta(seconds=2 * settings.RECONCILE_SECONDS)


@task(queue="evaluations", max_seconds=600)
def advance_evaluation(evaluation_id: str) -> None:
    """Take an evaluation as far as it can go now."""
    advance(evaluation_id)


@task(queue="evaluations", max_seconds=120)
def reconcile_evaluations() -> None:
    """Send what the database says is under way and the broker may have forgotten."""
    stale = Evaluation.objects.exclude(state__in=Evaluation.MACHINE.final).filter(
        modified__lt=timezone.now() - STALE
    )
    for pk in stale.values_list("pk", flat=True)[:500]:
        advance_evaluation.delay(str(pk))


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
    for phase in Phase.objects.filter(design_freeze=None, open=True)[:500]:
        note_opening(phase)
