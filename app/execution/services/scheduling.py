"""Who gets which job when.

A message of the broker only says that there is work. Which job a worker gets is decided here, in
the database: what fits what the worker has free, fair between people, then by priority and age.
"""

from app.accounts.models import User
from app.audit.services import record
from app.core.tasks import enqueue_on_commit
from app.execution.models import Job, Worker

TASK = "app.execution.tasks.run_job"


def nudge(job: Job) -> None:
    """Tell the workers of the job's queue that there is work, once the transaction committed."""
    enqueue_on_commit(TASK, job.pk, queue=job.queue)


def next_job(*, worker: Worker | str, pool: str | None = None) -> Job | None:
    """Claim the job whose turn it is among those that fit this worker, or return ``None``.

    With ``pool`` only jobs of that pool come into question.
    """
    raise NotImplementedError


def drain_worker(*, actor: User | None, worker: Worker, draining: bool = True) -> None:
    """Let a worker take no more jobs, or take jobs again; what it has in hand goes on."""
    if Worker.objects.filter(pk=worker.pk, draining=not draining).update(draining=draining):
        event = "execution.worker.drained" if draining else "execution.worker.resumed"
        record(event, obj=worker, actor=actor)
    worker.refresh_from_db()
