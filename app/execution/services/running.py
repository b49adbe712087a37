"""Running one job on this worker, from claim to hand-over.

Nothing here asks the database or the storage: a worker has its engine, its gateway, and addresses
that expire.
"""

import codecs
import logging
import time
from pathlib import Path
from uuid import UUID

from django.conf import settings

from app.core.leases import LeaseLost, kept_lease
from app.core.workers import ending_gently, is_out_of_time, is_stopping
from app.execution.contract import RunResult
from app.execution.executors import (
    Executor,
    ExecutorUnavailable,
    LogChunk,
    PlatformFault,
    UsageSample,
    make_executor,
    run_to_end,
)
from app.execution.gateway import Ending, Gateway, Report
from app.execution.services.gateways import configured_gateway
from app.execution.services.sending import enclose_output, send_output, split_outputs

logger = logging.getLogger(__name__)
REPORT_SECONDS = 1.0
LOG_AT_ONCE = 1 << 20
MAX_SAMPLES = 300


class WorkerEnds(Exception):
    """This worker was told to end, and the grace for what it has in hand is over."""


def run_job(
    job_id: UUID | str,
    *,
    worker: str,
    executor: Executor | None = None,
    gateway: Gateway | None = None,
) -> None:
    """Run a queued job and hand it over; whatever else the broker delivers is a no-op."""
    if is_stopping():
        logger.info("Job %s waits for another worker: this one ends.", job_id)
        return
    executor = executor or local_executor()
    if not executor.status().available:
        logger.warning("Job %s waits: this worker has no container engine.", job_id)
        return
    gateway = gateway or configured_gateway()
    assignment = gateway.claim(str(job_id), worker=worker)
    if assignment is None:
        return
    token, name = assignment.token, assignment.spec.run_id
    every = settings.LEASE_SECONDS / 6
    lease = kept_lease(f"run {name}", extend=lambda: _extend(gateway, token), every=every)
    with ending_gently(), lease:
        try:
            run_to_end(executor, assignment.spec, Follower(gateway, token))
        except LeaseLost:
            logger.info("The run %s moved on without this worker.", name)
        except WorkerEnds:
            logger.info("The run %s goes back to the queue: this worker ends.", name)
            _give_back(gateway, token, reason="The worker was told to end.", stopped=True)
        except ExecutorUnavailable as error:
            _give_back(gateway, token, reason=error.message)
        except PlatformFault as error:
            logger.exception("The run %s was lost", name)
            _give_back(gateway, token, reason=error.message)
        except Exception:
            logger.exception("The run %s was lost", name)
            reason = "The worker met an unforeseen error."
            _give_back(gateway, token, reason=reason, crashed=True)


def local_executor() -> Executor:
    """Return what this machine can run containers with."""
    return make_executor(
        work_folder=Path(settings.HOUNSFIELD_HOME) / "runs",
        docker_host=settings.DOCKER_HOST,
        runtime=settings.CONTAINER_RUNTIME,
    )


class Follower:
    """Tells the portal what happens to a run, about once a second."""

    def __init__(self, gateway: Gateway, token: str) -> None:
        self._gateway = gateway
        self._token = token
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._unsent = ""
        self._sent = 0
        self._usage = Curve()
        self._reported_at = time.monotonic()
        self._stop = False

    def executing(self) -> None:
        """The container has been started."""
        self._report(executing=True)

    def logged(self, chunks: list[LogChunk]) -> None:
        """Keep what is new of the log until it is told."""
        self._unsent += self._decoder.decode(b"".join(chunk.content for chunk in chunks))

    def sampled(self, samples: list[UsageSample]) -> None:
        """Add to the curve of what the container uses."""
        self._usage.add(samples)

    def wants_stop(self) -> bool:
        """Tell the portal how it goes, at most once a second, and hear whether to stop.

        Raises `WorkerEnds` where the run has to go back: its container is removed on the way.
        """
        if is_out_of_time():
            raise WorkerEnds
        if time.monotonic() - self._reported_at >= REPORT_SECONDS:
            self._report()
        return self._stop

    def collecting(self) -> None:
        """The container has ended."""

    def finished(self, result: RunResult) -> None:
        """Send the outputs and hand the run over."""
        while len(self._unsent) > LOG_AT_ONCE:
            self._report()
        small, large = split_outputs(result.outputs)
        sent = [send_output(self._gateway, self._token, output) for output in large]
        ending = Ending(
            record=result.as_record(),
            outputs=sent,
            enclosed=[enclose_output(output) for output in small],
            last=self._news(),
        )
        self._gateway.finish(self._token, ending)

    def _report(self, *, executing: bool = False) -> None:
        """The log is only counted as told when the portal has answered."""
        news = self._news(executing=executing)
        self._stop = self._gateway.report(self._token, news)
        self._reported_at = time.monotonic()
        self._sent += len(news.log)
        self._unsent = self._unsent[len(news.log) :]

    def _news(self, *, executing: bool = False) -> Report:
        return Report(
            executing=executing,
            log=self._unsent[:LOG_AT_ONCE],
            log_start=self._sent,
            usage=self._usage.points() if self._usage.is_new() else None,
        )


class Curve:
    """At most 300 samples however long it takes: a full curve keeps every second one."""

    def __init__(self) -> None:
        self._points: list[list[float]] = []
        self._every = 1
        self._seen = 0
        self._told = 0

    def add(self, samples: list[UsageSample]) -> None:
        """Add the samples whose turn it is; memory is the most since the one before."""
        for sample in samples:
            if self._seen % self._every == 0:
                self._points.append([sample.seconds, sample.cpu, sample.memory])
            else:
                self._points[-1][2] = max(self._points[-1][2], sample.memory)
            self._seen += 1
            if len(self._points) > MAX_SAMPLES:
                self._points = self._points[::2]
                self._every *= 2

    def is_new(self) -> bool:
        """Tell whether there are samples that were not asked for yet."""
        return self._seen > self._told

    def points(self) -> list[list[float]]:
        """Return the curve so far."""
        self._told = self._seen
        return [list(point) for point in self._points]


def _extend(gateway: Gateway, token: str) -> bool:
    try:
        gateway.report(token, Report())
    except LeaseLost:
        return False
    return True


def _give_back(
    gateway: Gateway, token: str, *, reason: str, crashed: bool = False, stopped: bool = False
) -> None:
    """Return the run; where even that fails, its lease runs out."""
    try:
        gateway.give_back(token, reason=reason, crashed=crashed, stopped=stopped)
    except LeaseLost:
        logger.info("A run moved on before it could be given back.")
    except PlatformFault as error:
        logger.warning("A run could not be given back (%s); its lease will run out.", error)
