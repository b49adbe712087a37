"""Submitting, claiming, ending and cancelling jobs."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict
from app.core.leases import LeaseLost
from app.core.states import move_locked, transition
from app.execution.contract import Limits
from app.execution.models import ContainerImage, Endpoint, Job
from app.execution.queueing import queued
from app.execution.registry import job_kind
from app.execution.services.limits import NEEDS, needs_of
from app.execution.services.pools import pool_key
from app.execution.services.scheduling import LEASE, OVERDUE, after_work, next_job, nudge
from app.sockets.models import SocketValue

logger = logging.getLogger(__name__)
State = Job.State
MAX_ATTEMPTS = 20
MAX_CRASHES = 2
UNHEARD = "The completion handler of job %s failed; it is called again."


@transaction.atomic
def submit_job(
    *,
    actor: User,
    kind: str,
    container_image: ContainerImage,
    inputs: Iterable[SocketValue],
    limits: Limits | None = None,
    model: Any = None,
    scope: str = "",
    priority: int = Job.Priority.NORMAL,
) -> Job:
    """Queue one run of a container image that passed its checks."""
    job = prepare_job(
        actor=actor,
        kind=kind,
        container_image=container_image,
        limits=limits,
        model=model,
        scope=scope,
        priority=priority,
    )
    job.inputs.set(list(inputs))
    queue_job(job, actor=actor)
    return job


@transaction.atomic
def prepare_job(
    *,
    actor: User,
    kind: str,
    container_image: ContainerImage,
    limits: Limits | None = None,
    model: Any = None,
    scope: str = "",
    priority: int = Job.Priority.NORMAL,
    endpoint: Endpoint | None = None,
) -> Job:
    """Make a job whose inputs are still on their way; `queue_job` sends it off.

    One that is not sent off within a day fails. Without ``limits`` it gets the settings'
    defaults; ``model`` are weights that are unpacked beside the inputs. ``scope`` says whose data
    it is: only jobs of one scope share a container that stays up. With ``endpoint`` it is a call
    of that one, which nobody else takes.
    """
    job_kind(kind)
    if container_image.state != ContainerImage.State.READY:
        raise Conflict(
            "This container image cannot run: it has not passed its checks.",
            advice="Wait for the checks, or upload a version that passes them.",
        )
    asked = limits.as_record() if limits else {}
    job = Job.objects.create(
        kind=kind,
        container_image=container_image,
        creator=actor,
        limits=asked,
        priority=priority,
        endpoint=endpoint,
        pool=pool_key(image=container_image, model=model, limits=asked, scope=scope),
        **({"model": model} if model else {}),
    )
    record("execution.job.submitted", obj=job, actor=actor, data={"kind": kind})
    return job


@transaction.atomic
def queue_job(job: Job, *, actor: User | None = None) -> None:
    """Send a job off that has all its inputs.

    A call takes nothing of a worker: its endpoint's container has what it needs.
    """
    if job.endpoint_id is not None:
        transition(job, State.QUEUED, actor=actor)
        return
    transition(job, State.QUEUED, actor=actor, **needs_of(job))
    nudge(job)


def correct_needs() -> int:
    """Bring what waiting jobs take in line with what is allowed today; return how many changed.

    The administrator may have changed the limits since, because nobody could run them.
    """
    waiting, changed = queued().order_by(), 0
    for limits, *found in waiting.values_list("limits", *NEEDS).distinct():
        needs = needs_of(Job(limits=limits))
        if list(needs.values()) != found:
            stale = dict(zip(NEEDS, found, strict=True))
            changed += waiting.filter(limits=limits, **stale).update(**needs)
    return changed


def claim_job(job_id: UUID | str, *, worker: str) -> Job | None:
    """Take the job whose turn it is for this worker, or return ``None``: none fits it now.

    ``job_id`` is what the message said. That there is work is all that a message means.
    """
    return next_job(worker=worker)


def claim(job: Job, *, worker: str) -> Job:
    """Give a queued job to a worker."""
    now = timezone.now()
    return transition(
        job, State.PROVISIONING, worker=worker, started_at=now, lease_expires_at=now + LEASE
    )


def write_down(job: Job, **changes: Any) -> bool:
    """Change a job that is in the hands of this run still; ``False`` when it moved on."""
    return bool(_held(job).update(**changes))


def should_stop(job: Job) -> bool:
    """Tell whether a worker's run has to end: somebody cancelled it, or the job was lost."""
    return not _held(job).filter(cancel_requested=False).exists()


def hold(job: Job) -> None:
    """Lock the job for the transaction under way, if it still is the same run of a worker."""
    if not _held(job).select_for_update().exists():
        raise LeaseLost(f"Job {job.pk} moved on without this worker.")


def _held(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(
        pk=job.pk,
        attempts=job.attempts,
        crashes=job.crashes,
        handbacks=job.handbacks,
        state__in=Job.HELD,
    )


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
    tell_kind(job)


def end_locked(job: Job, *states: str, **changes: Any) -> None:
    """Do the same with a job that the transaction under way has locked, through ``states``."""
    changes |= {"finished_at": timezone.now(), "lease_expires_at": None, "handled": True}
    move_locked(job, *states, **changes)
    try:
        with transaction.atomic():
            job_kind(job.kind).on_finished(job)
    except Exception:
        logger.exception(UNHEARD, job.pk)
        Job.objects.filter(pk=job.pk).update(handled=False)


def tell_kind(job: Job) -> None:
    """Call the kind's completion handler; when it fails, the reconciler calls it again.

    The job's own end must not be undone by what somebody else makes of it. Whoever comes second
    waits, and finds that it was done.
    """
    try:
        with transaction.atomic():
            unheard = Job.objects.select_for_update().filter(pk=job.pk, handled=False)
            if unheard.exists():
                _tell(job)
    except Exception:
        logger.exception(UNHEARD, job.pk)


def _tell(job: Job) -> None:
    job_kind(job.kind).on_finished(job)
    Job.objects.filter(pk=job.pk).update(handled=True)


@transaction.atomic
def give_back(job: Job, *, reason: str, crashed: bool = False, stopped: bool = False) -> None:
    """Queue a job again that a worker lost through our fault; after too many losses it fails.

    ``crashed`` counts an unforeseen error, which may well be the job's own, against its few
    tries. ``stopped`` says that the worker was told to end, which costs the job nothing. A job
    that another worker holds by now is left alone.
    """
    try:
        hold(job)
    except LeaseLost:
        return
    current = Job.objects.get(pk=job.pk)
    attempts = current.attempts + (not crashed and not stopped)
    crashes = current.crashes + crashed
    pause = timedelta() if stopped else _pause(attempts + crashes, crashed=crashed)
    if current.cancel_requested:
        end_job(current, State.CANCELLED, reason="Cancelled.")
    elif attempts >= MAX_ATTEMPTS or crashes >= MAX_CRASHES:
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
            attempts=attempts,
            crashes=crashes,
            handbacks=current.handbacks + stopped,
            wait_until=timezone.now() + pause if pause else None,
            devices=[],
            lease_expires_at=None,
            worker="",
            log="",
            log_size=0,
            usage=[],
            record={},
        )
        if not pause and current.endpoint_id is None:
            nudge(current)
    after_work(job.worker)


def _pause(losses: int, *, crashed: bool) -> timedelta:
    """Return how long a job waits that was lost so often; the first loss may have been chance."""
    if crashed:
        return OVERDUE
    return timedelta() if losses < 2 else min(OVERDUE / 4 * 2 ** (losses - 2), 3 * OVERDUE)


@transaction.atomic
def take_back(job: Job) -> None:
    """Give back a job whose worker stopped extending its lease, unless it just did."""
    expired = Job.objects.select_for_update().filter(
        pk=job.pk, lease_expires_at__lt=timezone.now(), state__in=Job.HELD
    )
    current = expired.first()
    if current is not None:
        give_back(current, reason="The worker was lost.")
