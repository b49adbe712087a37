"""What workers say of themselves."""

from collections.abc import Sequence

from django.utils import timezone

from app.execution.models import Worker
from app.execution.selectors import JOB_QUEUE
from app.execution.services.running import local_executor, reap_abandoned_runs

DECLARED_ABSENT = "This worker takes no jobs."


def report_worker(name: str, queues: Sequence[str]) -> None:
    """Write a worker's sign of life, with whether it can run containers."""
    has_engine, engine = False, DECLARED_ABSENT
    if JOB_QUEUE in queues:
        executor = local_executor()
        status = executor.status()
        has_engine, engine = status.available, f"{status.message} {status.advice}".strip()
    Worker.objects.update_or_create(
        name=name,
        defaults={
            "queues": list(queues),
            "has_engine": has_engine,
            "engine": engine[:300],
            "last_seen": timezone.now(),
        },
    )


def clear_away(name: str, queues: Sequence[str]) -> None:
    """Remove what dead workers left in this machine's engine and work folder."""
    if JOB_QUEUE in queues:
        reap_abandoned_runs(local_executor())
