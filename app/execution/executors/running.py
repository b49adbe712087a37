"""One run from beginning to end on any executor."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from app.execution.contract import (
    OutputError,
    Reason,
    ReasonCode,
    RunResult,
    RunSpec,
    StoppedBy,
    explain,
)
from app.execution.contract.serving import serves
from app.execution.contract.spec import CollectedOutput, Timings
from app.execution.executors.base import Exit, InputFault, StartFailure
from app.execution.executors.choose import Executor
from app.execution.executors.observer import POLL_SECONDS, Observer
from app.execution.executors.serving import serve_once

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_CANCELLED = Reason(code=ReasonCode.CANCELLED, message="Cancelled.")


Work = Callable[[], None]


def _at_once(work: Work) -> None:
    work()


def run_to_end(
    executor: Executor,
    spec: RunSpec,
    observer: Observer,
    *,
    afterwards: Callable[[Work], None] = _at_once,
) -> RunResult:
    """Provision, run, collect and release; the author's mistakes are results, not exceptions.

    An image whose containers stay up is served this one case. What a run occupied that ended well
    is released by ``afterwards``, which may do so later; after a fault it is released here.

    Raises
    ------
    PlatformFault
        When our side broke; nothing of the run is left behind.
    """
    if serves(spec.image.manifest):
        return serve_once(executor, spec, observer)
    started = time.monotonic()
    try:
        run = executor.provision(spec)
    except InputFault as error:
        return _finish(observer, _without_exit(executor, spec, error.reason, started))
    try:
        result = _finish(observer, _result_of(executor, run, spec, observer, started))
    except BaseException:
        executor.release(run)
        raise
    afterwards(partial(executor.release, run))
    return result


def _result_of(
    executor: Executor, run: object, spec: RunSpec, observer: Observer, started: float
) -> RunResult:
    """Run what was provisioned and collect its outputs."""
    if observer.wants_stop():
        return _without_exit(executor, spec, _CANCELLED, started)
    try:
        executor.start(run)
    except StartFailure as error:
        return _without_exit(executor, spec, error.reason, started)
    provisioned = time.monotonic()
    observer.executing()
    end = _follow(executor, run, observer)
    observer.collecting()
    ended = time.monotonic()
    reason, outputs = _outcome(executor, run, spec, end)
    timings = Timings(
        provisioning=provisioned - started,
        executing=end.seconds,
        collecting=time.monotonic() - ended,
    )
    return RunResult(
        run_id=spec.run_id,
        image_id=spec.image.manifest.image_id,
        executor=executor.name,
        exit_code=end.facts.exit_code,
        reason=reason,
        oom_killed=end.facts.oom_killed,
        timings=timings,
        log_sha256=end.log_sha256,
        log_bytes=end.log_bytes,
        limits=spec.limits,
        input_digests=dict(getattr(run, "input_digests", {})),
        outputs=outputs,
        engine=executor.status().facts,
    )


def _follow(executor: Executor, run: object, observer: Observer) -> Exit:
    """Pass on the log and the wish to stop until the container has ended."""
    while True:
        end = executor.poll(run, timeout=POLL_SECONDS)
        observer.logged(executor.stream_logs(run))
        observer.sampled(executor.take_usage(run))
        if end is not None:
            return end
        if observer.wants_stop():
            executor.stop(run, why=StoppedBy.CANCEL)


def _outcome(
    executor: Executor, run: object, spec: RunSpec, end: Exit
) -> tuple[Reason, tuple[CollectedOutput, ...]]:
    reason = explain(end.facts, spec.limits)
    if not reason.succeeded:
        return reason, ()
    try:
        return reason, executor.collect(run)
    except OutputError as error:
        failed = Reason(code=ReasonCode.OUTPUT, message=error.message, advice=error.advice)
        return replace(failed, warnings=reason.warnings), ()


def _without_exit(executor: Executor, spec: RunSpec, reason: Reason, started: float) -> RunResult:
    """The result of a run whose container never ran."""
    return RunResult(
        run_id=spec.run_id,
        image_id=spec.image.manifest.image_id,
        executor=executor.name,
        exit_code=None,
        reason=reason,
        oom_killed=False,
        timings=Timings(provisioning=time.monotonic() - started),
        log_sha256=EMPTY_SHA256,
        log_bytes=0,
        limits=spec.limits,
        engine=executor.status().facts,
    )


def _finish(observer: Observer, result: RunResult) -> RunResult:
    observer.finished(result)
    return result
