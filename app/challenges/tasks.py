"""Background work of challenges."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from app.challenges.models import Evaluation
from app.challenges.services.evaluations import advance
from app.challenges.services.leaderboard import rank_what_is_due
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


@task(queue="evaluations", max_seconds=120)
def rank_due_phases() -> None:
    """Rank the phases that closed while their leaderboard was frozen."""
    rank_what_is_due()
