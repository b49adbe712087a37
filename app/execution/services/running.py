"""Running one job on this worker, from claim to end."""

import logging
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from app.core.errors import PortalError, TransitionNotAllowed
from app.core.leases import LeaseLost, kept_lease
from app.execution.contract import RunResult
from app.execution.executors import (
    Executor,
    ExecutorUnavailable,
    LogChunk,
    PlatformFault,
    make_executor,
    run_to_end,
)
from app.execution.models import Job
from app.execution.registry import job_kind
from app.execution.services.jobs import (
    claim_job,
    end_job,
    extend_lease,
    give_back,
    hold,
    move_job,
    should_stop,
    write_log,
)
from app.execution.services.outputs import (
    InvalidOutput,
    discard_outputs,
    publish_outputs,
    store_outputs,
)

logger = logging.getLogger(__name__)
State = Job.State
LOG_BYTES = 1 << 20
FLUSH_SECONDS = 0.5
LEASE_SECONDS = 15.0
JUST_ENDED = timedelta(minutes=2)


def run_job(job_id: UUID | str, *, worker: str, executor: Executor | None = None) -> None:
    """Run a queued job to its end; whatever else the broker delivers is a no-op."""
    executor = executor or local_executor()
    if not executor.status().available:
        logger.warning("Job %s waits: this worker has no container engine.", job_id)
        return
    job = claim_job(job_id, worker=worker)
    if job is None:
        return
    lease = kept_lease(f"job {job.pk}", extend=lambda: extend_lease(job), every=LEASE_SECONDS)
    with lease:
        try:
            spec = job_kind(job.kind).build_spec(job)
            run_to_end(executor, replace(spec, run_id=job.run_id), Follower(job))
        except (LeaseLost, TransitionNotAllowed):
            logger.info("Job %s moved on without this worker.", job.pk)
        except ExecutorUnavailable as error:
            give_back(job, reason=error.message)
        except PlatformFault as error:
            logger.exception("Job %s was lost", job.pk)
            give_back(job, reason=error.message)
        except Exception:
            logger.exception("Job %s was lost", job.pk)
            give_back(job, reason="The worker met an unforeseen error.", crashed=True)


def reap_abandoned_runs(executor: Executor) -> list[str]:
    """Remove containers and folders of this worker that no job is running any more.

    A run that just ended is left to the worker that is clearing it away.
    """
    recent = timezone.now() - JUST_ENDED
    kept = Job.objects.filter(Q(state__in=Job.RUNNING) | Q(finished_at__gte=recent))
    return executor.reap(live={job.run_id for job in kept})


def local_executor() -> Executor:
    """Return what this machine can run containers with."""
    return make_executor(
        work_folder=Path(settings.HOUNSFIELD_HOME) / "runs",
        docker_host=settings.DOCKER_HOST,
        runtime=settings.CONTAINER_RUNTIME,
    )


class Follower:
    """Writes what happens to a run into its job, for everybody who waits."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._log = bytearray()
        self._dropped = False
        self._written = 0
        self._flushed_at = 0.0
        self._asked_at = 0.0

    def executing(self) -> None:
        """The container has been started."""
        move_job(self.job, State.EXECUTING)

    def logged(self, chunks: list[LogChunk]) -> None:
        """Keep the end of the log, and write it out twice a second."""
        for chunk in chunks:
            self._log += chunk.content
        if len(self._log) > LOG_BYTES:
            del self._log[: len(self._log) - LOG_BYTES]
            self._dropped = True
        if time.monotonic() - self._flushed_at >= FLUSH_SECONDS:
            self._flush()

    def wants_stop(self) -> bool:
        """Ask the database, at most once a second, whether somebody cancelled."""
        if time.monotonic() - self._asked_at < 1:
            return False
        self._asked_at = time.monotonic()
        return should_stop(self.job)

    def collecting(self) -> None:
        """The container has ended."""
        self._flush()
        move_job(self.job, State.PARSING)

    def finished(self, result: RunResult) -> None:
        """Store outputs and end the job; a cancelled one ends as cancelled."""
        self._flush()
        reason = result.reason
        ending = {"reason_code": str(reason.code), "record": result.as_record()}
        if not reason.succeeded or should_stop(self.job):
            self._end(State.FAILED, reason=reason.message, advice=reason.advice, **ending)
            return
        try:
            self._publish(result, ending)
        except (InvalidOutput, PortalError) as error:
            ending["reason_code"] = "output"
            self._end(State.FAILED, reason=error.message, advice=error.advice, **ending)

    def _publish(self, result: RunResult, ending: dict[str, Any]) -> None:
        stored = store_outputs(result.outputs)
        try:
            with transaction.atomic():
                hold(self.job)
                self.job.outputs.set(publish_outputs(stored))
                self._end(State.SUCCEEDED, **ending)
        except BaseException:
            discard_outputs(stored)
            raise

    def _end(self, state: str, **ending: Any) -> None:
        with transaction.atomic():
            hold(self.job)
            if Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
                ending |= {"reason": "Cancelled.", "reason_code": "cancelled", "advice": ""}
                state = State.CANCELLED
                self.job.outputs.clear()
            end_job(self.job, state, **ending)

    def _flush(self) -> None:
        self._flushed_at = time.monotonic()
        text = self._log.decode("utf-8", errors="replace").replace("\x00", "")
        if self._dropped:
            text = f"… the beginning was left out …\n{text}"
        if text:
            write_log(self.job, text)
