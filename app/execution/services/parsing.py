"""Reading the results of a run that a worker has handed over, in a process that has storage.

A worker is not trusted with the meaning of what it sends: everything is checked here. The job is
leased like anything that is worked on; whoever is killed half-way leaves it to the next, and the
values are made once, in the transaction that ends the job.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from app.core.leases import LeaseLost, kept_lease
from app.core.scratch import scratch_folder
from app.core.tasks import enqueue_on_commit
from app.execution.contract import ReasonCode
from app.execution.models import IncomingOutput, Job
from app.execution.services.concluding import refuse, succeed
from app.execution.services.drafts import forget_unused
from app.execution.services.incoming import NotAsSent, clear_away
from app.execution.services.jobs import end_locked
from app.execution.services.limits import job_limits
from app.execution.services.outputs import REFUSALS, ReadOutput, read_output
from app.sockets.models import Socket

logger = logging.getLogger(__name__)
State = Job.State
PARSE = "app.execution.tasks.parse_outputs"
LEASE = timedelta(seconds=settings.LEASE_SECONDS)
AGAIN_AFTER = timedelta(seconds=settings.RECONCILE_SECONDS * 2 / 3)
MAX_PARSES = 5


def parse_outputs(job_id: UUID | str) -> None:
    """Read a job's results and end it; whatever else the broker delivers is a no-op."""
    job = _claim(job_id)
    if job is None:
        return
    every = LEASE.total_seconds() / 6
    lease = kept_lease(f"results of {job.pk}", extend=lambda: _extend(job), every=every)
    with lease:
        try:
            _parse(job)
        except LeaseLost:
            logger.info("The results of job %s are read by another process.", job.pk)
        except REFUSALS as error:
            _refuse(job, error)
        except Exception:
            logger.exception("The results of job %s could not be read", job.pk)
            _try_again(job)


def send_due_parsings() -> None:
    """Queue the reading of results that nobody is at, and that the broker may have forgotten."""
    now = timezone.now()
    due = Job.objects.filter(state=State.PARSING).filter(
        Q(lease_expires_at__lt=now)
        | Q(lease_expires_at__isnull=True, modified__lt=now - AGAIN_AFTER)
    )
    for pk in due.order_by("created").values_list("pk", flat=True)[:200]:
        enqueue_on_commit(PARSE, pk)


def _claim(job_id: UUID | str) -> Job | None:
    """Take the job unless somebody else is at it; too many attempts end it."""
    now = timezone.now()
    free = Job.objects.filter(pk=job_id, state=State.PARSING).filter(
        Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lt=now)
    )
    if not free.update(parses=F("parses") + 1, lease_expires_at=now + LEASE, modified=now):
        return None
    job = Job.objects.get(pk=job_id)
    if job.parses > MAX_PARSES:
        _lose(job)
        return None
    return job


def _parse(job: Job) -> None:
    rows = {row.slug: row for row in job.incoming.filter(run_id=job.run_id)}
    if missing := set(job.record.get("required", [])) - set(rows):
        raise NotAsSent(f"The outputs {sorted(missing)} were never sent.")
    sockets = {socket.slug: socket for socket in Socket.objects.filter(slug__in=rows)}
    outputs: list[ReadOutput] = []
    try:
        for slug, row in rows.items():
            if _is_cancelled(job):
                break
            with scratch_folder("output") as scratch:
                limits = job_limits(job)
                outputs.append(read_output(row, sockets[slug], limits=limits, scratch=scratch))
        _publish(job, outputs)
    except LeaseLost:
        _withdraw(job, outputs)
        raise


@transaction.atomic
def _publish(job: Job, outputs: list[ReadOutput]) -> None:
    job = _held_row(job)
    if job.cancel_requested:
        _end(job, State.CANCELLED, reason="Cancelled.", reason_code="cancelled", advice="")
        return
    _clear_away_after(job)
    succeed(job, outputs)


@transaction.atomic
def _refuse(job: Job, error: Exception) -> None:
    """End a job whose results are not what its interface says."""
    try:
        job = _held_row(job)
    except LeaseLost:
        return
    if job.cancel_requested:
        _end(job, State.CANCELLED, reason="Cancelled.", reason_code="cancelled", advice="")
        return
    _clear_away_after(job)
    refuse(job, error)


@transaction.atomic
def _try_again(job: Job) -> None:
    """Leave the job to the reconciler, which sends it again in a while."""
    if job.parses >= MAX_PARSES:
        _lose(job)
    else:
        _held(job).update(lease_expires_at=None, modified=timezone.now())


@transaction.atomic
def _lose(job: Job) -> None:
    try:
        job = _held_row(job)
    except LeaseLost:
        return
    _end(
        job,
        State.FAILED,
        reason="Platform fault: the results could not be read in several attempts.",
        reason_code=str(ReasonCode.PLATFORM),
        advice="This was our fault and not the container's. Try again later.",
    )


def _end(job: Job, state: str, **changes: Any) -> None:
    """End a locked job without results."""
    _clear_away_after(job)
    end_locked(job, state, **changes)


def _clear_away_after(job: Job) -> None:
    """What a job sent is not needed once it has ended, whether it was used or not.

    Its rows go last: should this process be killed on the way, the reconciler goes on from them.
    """
    sent = IncomingOutput.objects.filter(job=job)
    transaction.on_commit(lambda: clear_away(sent), robust=True)


def _withdraw(job: Job, outputs: Iterable[ReadOutput]) -> None:
    """Remove what this process stored in vain.

    Files have the same keys whoever reads them, so they stay while another process is at it.
    """
    kept = [key for output in outputs for key in (output.image.keys if output.image else ())]
    if Job.objects.filter(pk=job.pk, finished_at__isnull=False).exists():
        kept += [output.key for output in outputs if output.key]
    forget_unused(kept)


def _held(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=State.PARSING, parses=job.parses)


def _held_row(job: Job) -> Job:
    """Lock the job for the transaction under way, if it still is this process's to read."""
    row = _held(job).select_for_update(of=("self",)).first()
    if row is None:
        raise LeaseLost(f"The results of job {job.pk} are read by another process.")
    return row


def _extend(job: Job) -> bool:
    return bool(_held(job).update(lease_expires_at=timezone.now() + LEASE))


def _is_cancelled(job: Job) -> bool:
    """Tell whether reading on is in vain; raise ``LeaseLost`` where another process is at it."""
    row = _held(job).only("cancel_requested").first()
    if row is None:
        raise LeaseLost(f"The results of job {job.pk} are read by another process.")
    return row.cancel_requested
