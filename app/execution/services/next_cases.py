"""What a warm container does next: the portal decides, whoever holds the container obeys.

A container serves one pool, or the calls of one endpoint. It keeps a worker from everything else,
so it gives way: at once while it has nothing to do, after a fair turn while it has. An endpoint
that somebody pays for gives way only when nobody called it for a while.
"""

import asyncio
from datetime import timedelta

from channels.db import database_sync_to_async
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from app.core.hints import listening
from app.core.leases import LeaseLost
from app.execution.gateway.base import LONGEST_WAIT, NextCase
from app.execution.models import Endpoint, Job, Worker
from app.execution.services.assignments import assign, run_id_of, run_of
from app.execution.services.endpoints import (
    is_too_old,
    note_call,
    stop_endpoint,
    why_stop,
)
from app.execution.services.jobs import claim, give_back
from app.execution.services.pools import WORK, others_wait, served_group
from app.execution.services.scheduling import after_work, next_job

FAIR_TURN = timedelta(seconds=15)
LONGEST_TURN = timedelta(minutes=30)
ENDPOINT_GIVES_WAY = timedelta(minutes=2)
LOOK_AGAIN = 5.0  # seconds; for hints that were lost
LOOK_SOON = 1.0  # seconds; another worker may take what was just queued
CLOSE = NextCase(close=True)
WAIT = NextCase()


async def wait_for_case(token: str, *, wait_seconds: float) -> NextCase:
    """Return the next case as soon as there is one, or that there is none to wait for.

    No thread and no database connection is held while it waits.
    """
    look = database_sync_to_async(next_case, thread_sensitive=False)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + min(wait_seconds, LONGEST_WAIT)
    patience = LOOK_AGAIN
    async with listening([served_group(run_id_of(token)), WORK]) as wait:
        while True:
            found: NextCase = await look(token)
            left = deadline - loop.time()
            if found != WAIT or left <= 0:
                return found
            patience = LOOK_SOON if await wait(min(left, patience)) else LOOK_AGAIN


@transaction.atomic
def next_case(token: str) -> NextCase:
    """Give the next case to the container that the token's run belongs to, if there is one."""
    job = run_of(token)
    if not job.server:
        raise LeaseLost(f"The run {job.run_id} has no container that stays.")
    is_endpoint = job.kind == Endpoint.KIND
    if is_endpoint == (job.state not in Job.HELD):
        raise LeaseLost(f"The run {job.run_id} cannot ask for a case now.")
    if again := _already_given(job):
        return _given(again, server=job.server)
    if _is_ending(job.worker):
        if is_endpoint:
            give_back(job, reason="The worker ends.", stopped=True)
        return CLOSE
    return _for_endpoint(job) if is_endpoint else _for_pool(job)


def _for_pool(job: Job) -> NextCase:
    """The next case of the pool, unless the container has had its turn."""
    opener = Job.objects.filter(pk=job.server[:36]).first() or job
    now = timezone.now()
    turn = now - (opener.started_at or now)
    wanted_elsewhere = others_wait(job)
    if turn > LONGEST_TURN or (turn > FAIR_TURN and wanted_elsewhere):
        return _close(job)
    if job.pool:
        devices = opener.devices if opener.gpus else None
        found = next_job(worker=job.worker, pool=job.pool, devices=devices)
        if found is not None:
            return _given(found, server=job.server)
    return _close(job) if wanted_elsewhere else WAIT


def _close(job: Job) -> NextCase:
    """Give the worker to those who wait for it, some of whom may have asked in vain."""
    after_work(job.worker)
    return CLOSE


def _for_endpoint(job: Job) -> NextCase:
    """The oldest call; without one it waits until nobody called for too long.

    The job is locked before its endpoint, as by everybody who moves both.
    """
    run_id, now = job.run_id, timezone.now()
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if job.run_id != run_id or job.state not in Job.HELD:
        raise LeaseLost(f"The run {run_id} moved on without this worker.")
    endpoint = Endpoint.objects.select_for_update(of=("self",)).select_related("job").get(job=job)
    if job.cancel_requested or not endpoint.is_live:
        return CLOSE
    due = Q(wait_until=None) | Q(wait_until__lte=now)
    calls = Job.objects.filter(due, endpoint=endpoint, state=Job.State.QUEUED)
    call = calls.order_by("created").select_for_update(skip_locked=True, of=("self",)).first()
    if call is not None and not is_too_old(endpoint):
        note_call(endpoint)
        return _given(claim(call, worker=job.worker), server=job.server)
    reason = why_stop(endpoint)
    if not reason and now - endpoint.modified > ENDPOINT_GIVES_WAY and others_wait(job):
        reason = "Other runs waited for the worker that it kept."
    if reason:
        stop_endpoint(actor=None, endpoint=endpoint, reason=reason)
        return CLOSE
    return WAIT


def _given(job: Job, *, server: str) -> NextCase:
    """Describe a case that was claimed; one that cannot be described is somebody else's trouble."""
    assignment = assign(job, server=server)
    return WAIT if assignment is None else NextCase(assignment=assignment)


def _already_given(job: Job) -> Job | None:
    """Return the case that this container was given by an answer that got lost."""
    held = Job.objects.filter(server=job.server, worker=job.worker, state__in=Job.HELD)
    return held.exclude(pk=job.pk).select_for_update(of=("self",)).first()


def _is_ending(worker: str) -> bool:
    found = Worker.objects.filter(name=worker).first()
    return found is not None and not found.takes_jobs
