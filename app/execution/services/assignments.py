"""The portal's side of a run: handing it to a worker, hearing of it, taking it back.

A run is known by its token, which is signed for one claim of one job. It opens nothing when the
job has moved on, so a worker that slept cannot disturb the one that has the job now.
"""

import json
import logging
import platform
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from app.core.hints import hint
from app.core.leases import LeaseLost
from app.core.states import move_locked
from app.core.tasks import enqueue_on_commit
from app.execution.contract import Capacity, CollectedOutput, ReasonCode, RunSpec
from app.execution.gateway.base import Assignment, Ending, Report, Slip, Warmth
from app.execution.logs import appended
from app.execution.models import Endpoint, Job, Worker
from app.execution.pushes import hint_at_run
from app.execution.registry import job_kind
from app.execution.services.at_once import end_at_once
from app.execution.services.incoming import note_enclosed, note_sent, open_slip
from app.execution.services.jobs import (
    claim_job,
    end_locked,
    give_back,
    should_stop,
    write_down,
)
from app.execution.services.parsing import PARSE
from app.execution.services.pools import WORK
from app.execution.services.scheduling import LEASE, after_work

logger = logging.getLogger(__name__)
State = Job.State
SALT = "execution.run"
LONGEST = 5 * 3600  # seconds a token is good for; the longest run takes less
JUST_ENDED = LEASE * 4 / 3
SAME_START = timedelta(seconds=30)  # signs of life are late now and then
MOST_BROKEN = 3
MAX_SAMPLES = 300
_LONGEST_TEXT = 4000


def assign_run(job_id: UUID | str, *, worker: str) -> Assignment | None:
    """Claim a queued job for a worker and describe its run, or return ``None``.

    When one cannot be described it is the next one's turn.
    """
    for _ in range(MOST_BROKEN):
        job = claim_job(job_id, worker=worker)
        found = None if job is None else assign(job)
        if job is None or found is not None:
            return found
    return None


def assign(job: Job, *, server: str = "") -> Assignment | None:
    """Describe the run of a job that was claimed; one that cannot be described is given back.

    ``server`` is the container that is there for it; without one it opens its own.
    """
    spec = _described(job)
    if spec is None:
        return None
    warmth = _warmth(job)
    server = server or (job.run_id if warmth is not None else "")
    facts = _facts(job, spec) | {"warm": bool(server) and server != job.run_id}
    if not write_down(job, record=facts, server=server):
        return None
    return Assignment(token=signing.dumps(job.run_id, salt=SALT), spec=spec, warmth=warmth)


def _warmth(job: Job) -> Warmth | None:
    """Say whether a container stays up for the job, and for how long after it."""
    if not job.container_image.stays_up:
        return None
    is_endpoint = job.kind == Endpoint.KIND
    shared = bool(job.pool) and settings.WARM_IDLE_SECONDS > 0
    return Warmth(
        idle_seconds=settings.WARM_IDLE_SECONDS if shared else 0,
        most_cases=settings.WARM_MOST_CASES if shared or is_endpoint else 1,
        is_endpoint=is_endpoint,
    )


def run_id_of(token: str) -> str:
    """Return the name of the run that the token speaks for, present or past; nothing if forged."""
    return _read(token, max_age=LONGEST)


def _described(job: Job) -> RunSpec | None:
    try:
        spec = job_kind(job.kind).build_spec(job)
    except Exception:
        logger.exception("Job %s could not be described", job.pk)
        give_back(job, reason="The run could not be prepared.", crashed=True)
        return None
    return replace(spec, run_id=job.run_id, gpu_devices=tuple(job.devices))


def is_token(token: str) -> bool:
    """Tell whether we made this token, however long ago."""
    return bool(_read(token, max_age=None))


def run_of(token: str) -> Job:
    """Return the job whose present run the token speaks for, else raise ``LeaseLost``."""
    return _present(token, Job.objects.all())


def _locked_run(token: str) -> Job:
    """Return the same, locked for the transaction under way."""
    return _present(token, Job.objects.select_for_update(of=("self",)).select_related("creator"))


def _present(token: str, jobs: QuerySet[Job]) -> Job:
    run_id = _read(token, max_age=LONGEST)
    job = next(iter(jobs.filter(pk=run_id[:36])), None) if run_id else None
    if job is None or job.run_id != run_id:
        raise LeaseLost(f"The run {run_id} moved on without this worker.")
    return job


@transaction.atomic
def hear_report(token: str, report: Report) -> bool:
    """Write down how a run goes; ``True`` when it shall be stopped."""
    job = _locked_run(token)
    if job.state not in Job.HELD:
        raise LeaseLost(f"The run {job.run_id} moved on without this worker.")
    changes: dict[str, Any] = {"lease_expires_at": timezone.now() + LEASE} | _told(job, report)
    if report.executing and job.state == State.PROVISIONING:
        move_locked(job, State.EXECUTING, **changes)
    else:
        Job.objects.filter(pk=job.pk).update(**changes)
        if report.log or report.usage:
            hint_at_run(job)
    return job.cancel_requested


def give_slip(token: str, output: CollectedOutput) -> Slip:
    """Return where an output of the run may be sent."""
    job = run_of(token)
    if should_stop(job):
        raise LeaseLost(f"Job {job.pk} is to end.")
    return open_slip(job, output)


@transaction.atomic
def hand_over(token: str, ending: Ending) -> None:
    """Take a run over from its worker: it ends here, or its results are read next.

    Calling it again changes nothing, so a worker may repeat it until it hears an answer.
    """
    job = _locked_run(token)
    if job.state not in Job.HELD:
        return
    told = _within_reason(ending.record)
    reason = told.get("reason") or {}
    job.record = told | job.record
    changes = _told(job, ending.last) | {"record": job.record}
    code = str(reason.get("code", ReasonCode.PLATFORM))
    if job.cancel_requested:
        end_locked(job, State.CANCELLED, reason="Cancelled.", reason_code="cancelled", **changes)
    elif code != ReasonCode.SUCCEEDED:
        changes["reason_code"] = code[:40]
        changes["advice"] = str(reason.get("advice", ""))[:_LONGEST_TEXT]
        message = str(reason.get("message", "")) or "It failed."
        end_locked(job, State.FAILED, reason=message[:_LONGEST_TEXT], **changes)
    else:
        _take_results(job, ending, changes)
    after_work(job.worker)


def _take_results(job: Job, ending: Ending, changes: dict[str, Any]) -> None:
    """Read results here where that is quick, else leave them to a task."""
    begins = job.state == State.PROVISIONING and ending.last.executing
    through = (State.EXECUTING,) if begins else ()
    if end_at_once(job, ending, through=through, **changes):
        return
    note_sent(job, ending.outputs)
    note_enclosed(job, ending.enclosed)
    move_locked(job, *through, State.PARSING, lease_expires_at=None, **changes)
    enqueue_on_commit(PARSE, job.pk)


def take_back_run(token: str, *, reason: str, crashed: bool = False, stopped: bool = False) -> None:
    """Queue a job again whose worker could not go on, or was told to end (``stopped``)."""
    job = run_of(token)
    if job.state in Job.HELD:
        give_back(job, reason=reason[:_LONGEST_TEXT], crashed=crashed, stopped=stopped)


def hear_beat(
    name: str,
    *,
    queues: Sequence[str],
    has_engine: bool,
    engine: str,
    executor: str = "",
    capacity: Capacity | None = None,
    slots: int = 1,
    version: str = "",
    uptime: float = 0.0,
    draining: bool = False,
) -> set[str]:
    """Write a worker's sign of life; return the runs whose traces workers have to leave alone."""
    now = timezone.now()
    said: dict[str, Any] = {
        "queues": [queue[:40] for queue in queues],
        "has_engine": has_engine,
        "engine": engine[:300],
        "executor": executor[:40],
        "cpus": capacity.cpus if capacity else None,
        "memory": capacity.memory if capacity else None,
        "gpus": list(capacity.gpus) if capacity else [],
        "slots": slots,
        "version": version[:40],
        "stopping": draining,
        "last_seen": now,
    }
    row, _ = Worker.objects.update_or_create(name=name[:200], defaults=said)
    started = now - timedelta(seconds=uptime) if uptime else None
    if started and (row.started_at is None or abs(started - row.started_at) > SAME_START):
        Worker.objects.filter(pk=row.pk).update(started_at=started)
    if draining:
        hint(WORK)  # a warm container of this worker need not wait for its next case
    return _runs_to_leave_alone()


def _runs_to_leave_alone() -> set[str]:
    """Return the runs under way, and those that are being cleared away.

    A worker asks after it has listed what it found, so a run that is claimed meanwhile is safe.
    """
    names = Job.objects.only("pk", "attempts", "crashes", "handbacks").order_by()
    ended = names.filter(finished_at__gte=timezone.now() - JUST_ENDED)
    return {job.run_id for found in (names.filter(state__in=Job.RUNNING), ended) for job in found}


def _read(token: str, *, max_age: int | None) -> str:
    try:
        return str(signing.loads(token, salt=SALT, max_age=max_age))
    except signing.BadSignature:
        return ""


def _facts(job: Job, spec: RunSpec) -> dict[str, Any]:
    """What we know of a run better than its worker does; together with its record it is all."""
    facts = {
        "kind": job.kind,
        "worker": job.worker,
        "container_image": {
            "pk": str(job.container_image_id),
            "digest": job.container_image.digest,
        },
        "declared": [slot.slug for slot in spec.outputs],
        "required": [slot.slug for slot in spec.outputs if not slot.optional],
        "command": list(spec.command),
        "env": dict(spec.env),
        "limits": spec.limits.as_record(),
        "gpu_devices": list(spec.gpu_devices),
        "versions": {"python": platform.python_version()},
    }
    model = getattr(job, "model", None)
    if model is not None:
        facts["model"] = {"pk": str(model.pk), "digest": model.digest}
    return facts


def _told(job: Job, report: Report) -> dict[str, Any]:
    """Return the fields that a report changes; text that was sent before is not added again."""
    changes: dict[str, Any] = {}
    known = max(0, job.log_size - report.log_start)
    text = report.log[known:].replace("\x00", "\ufffd")
    if text:
        changes["log"] = appended(job.log, text)
        changes["log_size"] = job.log_size + len(text)
    if report.usage is not None:
        samples = [sample for sample in report.usage[:MAX_SAMPLES] if len(sample) == 3]
        changes["usage"] = [[seconds, cpu, int(memory)] for seconds, cpu, memory in samples]
    return changes


def _within_reason(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a record has, as the database can hold it.

    Reasons quote a container's log, and there may be NUL characters in that.
    """
    names = (
        *("run_id", "image_id", "executor", "engine", "exit_code", "oom_killed", "reason"),
        *("timings", "limits", "inputs", "outputs", "log", "served"),
    )
    kept = {name: record[name] for name in names if name in record}
    found: dict[str, Any] = json.loads(json.dumps(kept).replace("\\u0000", "\\ufffd"))
    return found
