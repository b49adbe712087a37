"""Nothing stays under way for ever: what makes no progress, or cannot, is ended and said so."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from app.challenges.models import Evaluation
from app.challenges.services.evaluations import fail

logger = logging.getLogger(__name__)
PATIENCE = timedelta(days=7)
"""Without a case that started or ended, and without a move; a single run is far shorter."""
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
    stuck = under_way.filter(Q(stumbles__gte=MOST_STUMBLES) | Q(progressed_at__lt=now - PATIENCE))
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
        else f"no case started or ended for {PATIENCE.days} days"
    )
    fail(
        evaluation,
        reason="The platform could not finish this evaluation. It does not count.",
        organizer_reason=f"Ended by the watchdog while “{evaluation.get_state_display()}”: {why}. "
        "Evaluate the submission again once the cause is mended.",
    )
    return True
