"""Submitting, claiming, ending and cancelling jobs."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, TransitionNotAllowed
from app.core.states import transition
from app.core.tasks import enqueue_on_commit
from app.execution.contract import Limits
from app.execution.models import ContainerImage, Job
from app.execution.registry import job_kind
from app.sockets.models import SocketValue

State = Job.State
TASK = "app.execution.tasks.run_job"
LEASE = timedelta(seconds=90)
MAX_ATTEMPTS = 20


@transaction.atomic
def submit_job(
    *,
    actor: User,
    kind: str,
    container_image: ContainerImage,
    inputs: Iterable[SocketValue],
) -> Job:
    """Queue one run of a container image that passed its checks."""
    job_kind(kind)
    if container_image.state != ContainerImage.State.READY:
        raise Conflict(
            "This container image cannot run: it has not passed its checks.",
            advice="Wait for the checks, or upload a version that passes them.",
        )
    job = Job.objects.create(kind=kind, container_image=container_image, creator=actor)
    job.inputs.set(list(inputs))
    transition(job, State.QUEUED, actor=actor)
    record("execution.job.submitted", obj=job, actor=actor, data={"kind": kind})
    enqueue_on_commit(TASK, job.pk)
    return job


def claim_job(job_id: UUID | str, *, worker: str) -> Job | None:
    """Take a queued job for this worker, or return ``None``: somebody else has it, or it ended."""
    job = Job.objects.filter(pk=job_id, state=State.QUEUED).first()
    if job is None:
        return None
    try:
        return transition(
            job,
            State.PROVISIONING,
            worker=worker,
            started_at=timezone.now(),
            lease_expires_at=timezone.now() + LEASE,
        )
    except TransitionNotAllowed:
        return None


def extend_lease(job_id: UUID) -> bool:
    """Hold the job for longer; ``False`` when it is no longer this worker's to run."""
    running = Job.objects.filter(pk=job_id, state__in=Job.RUNNING)
    return bool(running.update(lease_expires_at=timezone.now() + LEASE))


def cancel_job(*, actor: User | None, job: Job) -> None:
    """Stop a job: at once while it waits, else by killing its container within a second or so."""
    with transaction.atomic():
        current = Job.objects.select_for_update().get(pk=job.pk)
        if current.is_finished:
            return
        record("execution.job.cancel_requested", obj=current, actor=actor)
        if current.state in Job.RUNNING:
            Job.objects.filter(pk=job.pk).update(cancel_requested=True)
        else:
            end_job(current, State.CANCELLED, actor=actor, reason="Cancelled before it started.")
    job.refresh_from_db()


@transaction.atomic
def end_job(job: Job, state: str, *, actor: User | None = None, **changes: Any) -> None:
    """Move a job to a final state and let its kind know, in one transaction."""
    transition(
        job, state, actor=actor, finished_at=timezone.now(), lease_expires_at=None, **changes
    )
    job_kind(job.kind).on_finished(job)


@transaction.atomic
def give_back(job: Job, *, reason: str) -> None:
    """Queue a job again that was lost through our fault; after too many losses it fails."""
    current = Job.objects.select_for_update().get(pk=job.pk)
    if current.state not in Job.RUNNING:
        return
    if current.cancel_requested:
        end_job(current, State.CANCELLED, reason="Cancelled.")
    elif current.attempts + 1 >= MAX_ATTEMPTS:
        end_job(
            current,
            State.FAILED,
            reason=f"Platform fault: {reason}",
            reason_code="platform",
            advice="This was our fault and not the container's. Try again later.",
        )
    else:
        transition(
            current,
            State.QUEUED,
            attempts=current.attempts + 1,
            lease_expires_at=None,
            worker="",
            log="",
        )


def job_limits(job: Job) -> Limits:
    """Return what a job may use."""
    return Limits(
        cpus=settings.JOB_CPUS,
        memory=settings.JOB_MEMORY_BYTES,
        wall_clock=float(settings.JOB_TIME_LIMIT),
    )
