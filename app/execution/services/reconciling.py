"""Sending what is due and the broker forgot, and taking back what dead workers held."""

from datetime import timedelta

from django.utils import timezone

from app.core.tasks import enqueue_on_commit
from app.execution.models import Job, Worker
from app.execution.selectors import has_engine
from app.execution.services.container_images import send_due_container_images
from app.execution.services.jobs import TASK, give_back

OVERDUE = timedelta(seconds=20)
FORGOTTEN = timedelta(days=1)


def reconcile() -> None:
    """Bring jobs, checks and workers back in line with the truth in the database."""
    now = timezone.now()
    lost = Job.objects.filter(state__in=Job.RUNNING, lease_expires_at__lt=now)
    for job in lost:
        give_back(job, reason="The worker was lost.")
    if has_engine():
        waiting = Job.objects.filter(state=Job.State.QUEUED, modified__lt=now - OVERDUE)
        for pk in waiting.order_by("created").values_list("pk", flat=True)[:200]:
            enqueue_on_commit(TASK, pk)
    send_due_container_images()
    Worker.objects.filter(last_seen__lt=now - FORGOTTEN).delete()
