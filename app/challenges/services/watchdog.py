"""Nothing stays under way for ever: what makes no progress, or cannot, is ended and said so."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from app.challenges.models import Evaluation, EvaluationCase, Submission
from app.challenges.services.evaluations import fail
from app.challenges.services.refunds import refund

logger = logging.getLogger(__name__)
PATIENCE = timedelta(days=7)
"""Without a move, its own or of one of its jobs; a single run is far shorter."""
MOST_STUMBLES = 20


def note_stumble(evaluation_id: UUID | str) -> None:
    """Count that a step was broken off by an unforeseen error; the reconciler tries again."""
    Evaluation.objects.filter(pk=evaluation_id).update(
        stumbles=F("stumbles") + 1, modified=timezone.now()
    )


def end_stuck_evaluations(*, now: datetime | None = None) -> int:
    """End what stumbled too often or made no progress for days; return how many that were.

    It is a fault of the platform: it never counts against whoever handed in.
    """
    now = now or timezone.now()
    under_way = Evaluation.objects.exclude(state__in=Evaluation.MACHINE.final)
    late = now - PATIENCE
    at_work = EvaluationCase.objects.filter(evaluation=OuterRef("pk"), job__modified__gte=late)
    idle = Q(progressed_at__lt=late) & ~Q(job__modified__gte=late) & ~Exists(at_work)
    stuck = under_way.filter(Q(stumbles__gte=MOST_STUMBLES) | idle)
    ended = 0
    for pk in list(stuck.order_by("created").values_list("pk", flat=True)[:500]):
        try:
            ended += _end(pk)
        except Exception:
            logger.exception("Could not end evaluation %s, which is stuck.", pk)
    return ended


@transaction.atomic
def _end(pk: UUID) -> bool:
    evaluation = (
        Evaluation.objects.select_for_update(of=("self",))
        .select_related("submission__phase__challenge", "submission__version__algorithm")
        .get(pk=pk)
    )
    if evaluation.is_finished:
        return False
    why = (
        f"{evaluation.stumbles} steps were broken off by errors of the platform, see its log"
        if evaluation.stumbles >= MOST_STUMBLES
        else f"neither it nor one of its jobs moved for {PATIENCE.days} days"
    )
    refund(evaluation, why=Submission.Refund.PLATFORM)
    fail(
        evaluation,
        reason="The platform could not finish this evaluation. It does not count.",
        organizer_reason=f"Ended by the watchdog while “{evaluation.get_state_display()}”: {why}. "
        "Evaluate the submission again once the cause is mended.",
    )
    return True
