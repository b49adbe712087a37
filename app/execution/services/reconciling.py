"""Sending what is due and the broker forgot, and taking back what dead workers held."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from app.execution.models import Job, Worker
from app.execution.services.container_images import send_due_container_images
from app.execution.services.endpoints import reconcile_endpoints
from app.execution.services.incoming import discard_unclaimed
from app.execution.services.jobs import correct_needs, end_job, take_back, tell_kind
from app.execution.services.model_weights import send_due_model_weights
from app.execution.services.parsing import send_due_parsings
from app.execution.services.scheduling import OVERDUE, nudge_idle_workers

logger = logging.getLogger(__name__)
FORGOTTEN = timedelta(days=1)
AT_ONCE = 20


def reconcile() -> None:
    """Bring jobs, checks and workers back in line with the truth in the database."""
    now = timezone.now()
    for job in Job.objects.filter(state__in=Job.HELD, lease_expires_at__lt=now):
        _one("take back", take_back, job)
    reconcile_endpoints()
    send_due_parsings()
    discard_unclaimed()
    unheard = Job.objects.filter(handled=False, finished_at__lt=now - OVERDUE)
    for job in unheard.order_by("finished_at")[:AT_ONCE]:
        _one("report", tell_kind, job)
    for job in Job.objects.filter(state=Job.State.VALIDATING_INPUTS, created__lt=now - FORGOTTEN):
        _one("end", _give_up, job)
    correct_needs()
    nudge_idle_workers()
    send_due_container_images()
    send_due_model_weights()
    Worker.objects.filter(last_seen__lt=now - FORGOTTEN).delete()


def _one(what: str, act: Callable[[Job], None], job: Job) -> None:
    """Act on one job; its trouble must not keep the others waiting."""
    try:
        act(job)
    except Exception:
        logger.exception("Could not %s job %s.", what, job.pk)


def _give_up(job: Job) -> None:
    end_job(
        job,
        Job.State.FAILED,
        reason="The inputs were never complete.",
        reason_code="input",
        advice="Start it again.",
    )
