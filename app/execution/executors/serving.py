"""Containers that stay up between cases, on any executor.

```
server = open_server(executor, spec, observer)
try:
    result = server.invoke(spec, observer)      # and the next case, while `server.usable`
finally:
    server.close()
```
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from typing import Literal

from app.execution.contract import (
    OutputError,
    Reason,
    ReasonCode,
    RunResult,
    RunSpec,
    StoppedBy,
    explain,
)
from app.execution.contract.serving import (
    AFTER_STATUS_SECONDS,
    DONE,
    HEALTH_PATH,
    HEALTHY,
    INVOKE_PATH,
    READY_SECONDS,
    AnswerReader,
    Pool,
    explain_answer,
    explain_unready,
    fits,
    request_for,
    serves,
)
from app.execution.contract.spec import CollectedOutput, Timings
from app.execution.executors.base import (
    Exit,
    InputFault,
    PlatformFault,
    Service,
    StartFailure,
)
from app.execution.executors.choose import Executor
from app.execution.executors.log_account import LogAccount
from app.execution.executors.observer import POLL_SECONDS, Observer

__all__ = ["Pool", "Server", "open_server", "serve_once", "serves"]

logger = logging.getLogger(__name__)
_HEALTH_SECONDS = 10.0
_FIRST_LOOK, _LAST_LOOK = 0.02, 1.0
_AFTER_KILL_SECONDS = 60.0
_END_SECONDS = 1.0
_CANCELLED = Reason(code=ReasonCode.CANCELLED, message="Cancelled.")
_AGAIN = (
    b"The container had served other cases before. This one is tried again in a new container.\n"
)
# What a program may only do wrong because of what it remembers of cases before.
_MAY_BE_STALE = frozenset(ReasonCode) - {
    ReasonCode.SUCCEEDED,
    ReasonCode.CANCELLED,
    ReasonCode.TIME_LIMIT,
    ReasonCode.LOG_LIMIT,
    ReasonCode.INPUT,
    ReasonCode.PLATFORM,
}


@dataclass(kw_only=True)
class _Outcome:
    """How a case went, piece by piece."""

    reason: Reason
    exit_code: int | None = None
    oom_killed: bool = False
    outputs: tuple[CollectedOutput, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)
    timings: Timings = field(default_factory=Timings)


class Server:
    """One container that stays up. Used by one thread at a time; `close` must always be called.

    A case that fails in a container that served others before is tried again in a new one: only
    that counts, so that no case fails for what another one left in the program's memory.
    """

    def __init__(
        self, executor: Executor, spec: RunSpec, observer: Observer, *, ready_seconds: float
    ) -> None:
        self._executor = executor
        self._spec = spec
        self._ready_seconds = ready_seconds
        self._opened_by: Observer | None = observer
        self._log = LogAccount(spec.limits.log_bytes)
        self._service: Service | None = None
        self._failure: _Outcome | None = None
        self._usable = False
        self._one_each = False
        self._served = 0
        self._starting = 0.0
        self._engine = executor.status().facts
        self._open(spec, observer)

    @property
    def name(self) -> str:
        """Return how engine and work folder call it; no job's id."""
        return self._service.name if self._service else ""

    @property
    def served(self) -> int:
        """Return how many cases its container was given."""
        return self._served

    @property
    def usable(self) -> bool:
        """Tell whether it may serve another case; ask before each.

        False after anything but a success, once the container died, when a case left what cannot
        be removed, and on engines where a container serves one case only. The caller then closes
        it and opens a new one.
        """
        if self._usable and self._service is not None:
            try:
                self._usable = self._service.poll(0) is None
            except PlatformFault:
                self._usable = False
        return self._usable

    def invoke(self, spec: RunSpec, observer: Observer) -> RunResult:
        """Serve one case; the author's mistakes are results, not exceptions.

        The observer hears what it hears of a run: `executing`, `logged`, `sampled`,
        `wants_stop`, `collecting`, and `finished` while the output files exist. Time, log and
        results are limited by `spec.limits`; image, model and the other limits must be those the
        server was opened with. Of a server whose start failed this returns why.

        Raises
        ------
        PlatformFault
            When our side broke; also when `spec` does not fit the server. It is closed then, as
        after anything that the observer raises.
        """
        try:
            return self._invoke(spec, observer)
        except BaseException:
            self.close()
            raise

    def pause(self) -> None:
        """Freeze the container while it is idle; it is frozen after each case anyway."""
        if self.usable and self._service is not None and self._service.reusable:
            self._usable = self._service.freeze()

    def close(self) -> None:
        """Kill the container and remove everything of it; never raises, may be called again."""
        self._usable = False
        service, self._service = self._service, None
        if service is not None:
            service.release()

    def _open(self, spec: RunSpec, observer: Observer) -> None:
        """Start and wait until it is ready; why it is not is kept for the case that needs it.

        Addresses expire, so a container that is opened again is opened for the case at hand.
        """
        began = time.monotonic()
        self._spec = spec
        self._served = 0
        try:
            self._service = self._executor.provision_service(spec)
            self._service.log = self._log
            self._service.start()
            self._failure = self._wait_until_ready(self._service, observer)
        except (InputFault, StartFailure) as error:
            self._failure = _Outcome(reason=error.reason)
        except BaseException:
            self.close()
            raise
        self._starting = time.monotonic() - began
        if self._failure is None:
            self._usable = True
        else:
            self._failure.timings = Timings(provisioning=self._starting)
            self.close()

    def _wait_until_ready(self, service: Service, observer: Observer) -> _Outcome | None:
        """None once it is ready, else why it is not."""
        give_up = time.monotonic() + self._ready_seconds
        pause = _FIRST_LOOK
        while True:
            now = time.monotonic()
            deadline = min(give_up, now + _HEALTH_SECONDS)
            if self._ask("GET", HEALTH_PATH, observer, deadline=deadline) == HEALTHY:
                service.settle()
                return None
            if time.monotonic() >= give_up:
                service.stop(StoppedBy.ANSWERED)
                end: Exit | None = self._killed(service)
            else:
                end = service.poll(min(pause, max(give_up - time.monotonic(), 0)))
                pause = min(2 * pause, _LAST_LOOK)
            self._tell(observer)
            if end is not None:
                return _Outcome(
                    reason=explain_unready(self._ready_seconds, end.facts, self._spec.limits),
                    exit_code=_own_code(end),
                    oom_killed=end.facts.oom_killed,
                )

    def _invoke(self, spec: RunSpec, observer: Observer) -> RunResult:
        if spec is not self._spec and not fits(self._spec, spec):
            raise PlatformFault("The case does not belong to the container that is up for it.")
        if self._failure is None and not self.usable:
            raise PlatformFault("The container that was up for the case has ended.")
        if self._served or self._opened_by is not observer:
            self._begin_log(spec)
        self._opened_by = None
        if self._service is None and self._failure is None:
            self._open(spec, observer)
        was_used = self._served > 0
        outcome = self._failure or self._attempt(spec, observer)
        if was_used and outcome.reason.code in _MAY_BE_STALE:
            outcome = self._try_again(spec, observer)
        observer.logged(self._log.take())
        result = self._result(spec, outcome)
        observer.finished(result)
        self._tidy(succeeded=result.succeeded)
        return result

    def _begin_log(self, spec: RunSpec) -> None:
        self._log = LogAccount(spec.limits.log_bytes)
        self._starting = 0.0
        if self._service is not None:
            self._service.log = self._log

    def _attempt(self, spec: RunSpec, observer: Observer, *, again: bool = False) -> _Outcome:
        service = self._up()
        self._served += 1
        began = time.monotonic()
        try:
            digests = service.put(spec)
        except InputFault as error:
            return _Outcome(reason=error.reason)
        if observer.wants_stop():
            return _Outcome(reason=_CANCELLED, digests=digests)
        service.thaw()
        service.measure()
        if not again:
            observer.executing()
        started = time.monotonic()
        deadline = started + spec.limits.wall_clock
        status = self._ask("POST", INVOKE_PATH, observer, deadline=deadline)
        ended = time.monotonic()
        if status == DONE:
            outcome = self._take_results(service, spec, observer)
        else:
            outcome = self._give_up(service, spec, status, in_time=ended < deadline)
        outcome.digests = digests
        outcome.timings = Timings(
            provisioning=self._starting + started - began,
            executing=ended - started,
            collecting=time.monotonic() - ended,
        )
        return outcome

    def _try_again(self, spec: RunSpec, observer: Observer) -> _Outcome:
        """Once more in a new container; when that succeeds, every later case gets one too."""
        self._log.keep("stderr", _AGAIN)
        self.close()
        self._open(spec, observer)
        outcome = self._failure or self._attempt(spec, observer, again=True)
        self._one_each = outcome.reason.succeeded
        return outcome

    def _ask(
        self, method: Literal["GET", "POST"], path: str, observer: Observer, *, deadline: float
    ) -> int | None:
        """Return the status of the answer; None when there was none before the deadline."""
        answer, has_status = AnswerReader(), False
        try:
            channel = self._up().ask(request_for(method, path))
        except OSError:
            return None
        try:
            while not answer.complete and (left := deadline - time.monotonic()) > 0:
                if (data := channel.receive(min(left, POLL_SECONDS))) is not None:
                    answer.feed(data)
                if answer.status is not None and not has_status:
                    has_status = True
                    deadline = min(deadline, time.monotonic() + AFTER_STATUS_SECONDS)
                self._tell(observer)
        finally:
            channel.close()
        return answer.status

    def _tell(self, observer: Observer) -> None:
        service = self._up()
        observer.logged(self._log.take())
        observer.sampled(service.take_usage())
        if observer.wants_stop():
            service.stop(StoppedBy.CANCEL)

    def _take_results(self, service: Service, spec: RunSpec, observer: Observer) -> _Outcome:
        """What a case left that was answered as done."""
        stopped_by = StoppedBy.NOTHING
        if not (service.reusable and service.freeze()):
            self._usable = False
            service.stop(StoppedBy.ANSWERED)
            stopped_by = self._killed(service).facts.stopped_by
            if stopped_by is StoppedBy.ANSWERED:
                stopped_by = StoppedBy.NOTHING
        if self._log.is_full:
            stopped_by = StoppedBy.LOG
        facts = self._log.facts(exit_code=0, oom_killed=False, stopped_by=stopped_by)
        reason = explain(facts, spec.limits)
        if not reason.succeeded:
            return _Outcome(reason=reason)
        observer.collecting()
        try:
            return _Outcome(reason=reason, outputs=service.collect(spec))
        except OutputError as error:
            failed = Reason(code=ReasonCode.OUTPUT, message=error.message, advice=error.advice)
            return _Outcome(reason=replace(failed, warnings=reason.warnings))

    def _give_up(
        self, service: Service, spec: RunSpec, status: int | None, *, in_time: bool
    ) -> _Outcome:
        """Why a case was not answered as done; its container is killed for it."""
        self._usable = False
        if status is not None or not in_time or service.poll(_END_SECONDS) is None:
            late = status is None and not in_time
            service.stop(StoppedBy.TIME if late else StoppedBy.ANSWERED)
        end = self._killed(service)
        return _Outcome(
            reason=explain_answer(status, end.facts, spec.limits),
            exit_code=_own_code(end),
            oom_killed=end.facts.oom_killed,
        )

    def _result(self, spec: RunSpec, outcome: _Outcome) -> RunResult:
        return RunResult(
            run_id=spec.run_id,
            image_id=spec.image.manifest.image_id,
            executor=self._executor.name,
            exit_code=outcome.exit_code,
            reason=outcome.reason,
            oom_killed=outcome.oom_killed,
            timings=outcome.timings,
            log_sha256=self._log.sha256,
            log_bytes=self._log.size,
            limits=spec.limits,
            input_digests=outcome.digests,
            outputs=outcome.outputs,
            engine=self._engine,
            served=max(self._served, 1),
        )

    def _tidy(self, *, succeeded: bool) -> None:
        """Make ready for the next case, if there can be one."""
        if succeeded and self._one_each:
            self.close()
            self._usable = True
        elif not (succeeded and self._usable and self._up().sweep()):
            self._usable = False

    def _up(self) -> Service:
        if self._service is None:
            raise PlatformFault("The container that was up for the case is closed.")
        return self._service

    @staticmethod
    def _killed(service: Service) -> Exit:
        end = service.poll(_AFTER_KILL_SECONDS)
        if end is None:
            raise PlatformFault("A container did not die when killed.")
        return end


def open_server(
    executor: Executor,
    spec: RunSpec,
    observer: Observer,
    *,
    ready_seconds: float = READY_SECONDS,
) -> Server:
    """Start the container of `spec` and wait until it is ready.

    A container that does not start is a server that is not usable, whose `invoke` returns why:
    so the case that needed it ends with the reason. `observer` hears the log of the start and is
    asked whether to stop; the start's log belongs to the first case when that has the same
    observer. `spec.inputs` are not looked at.

    Raises
    ------
    PlatformFault
        When our side broke; nothing is left behind.
    """
    return Server(executor, spec, observer, ready_seconds=ready_seconds)


def serve_once(executor: Executor, spec: RunSpec, observer: Observer) -> RunResult:
    """Run one case in a container of its own that stays up until the answer is there."""
    server = open_server(executor, spec, observer)
    try:
        return server.invoke(spec, observer)
    finally:
        server.close()


def _own_code(end: Exit) -> int | None:
    """The exit code, unless it only tells that we killed the container."""
    return end.facts.exit_code if end.facts.stopped_by is StoppedBy.NOTHING else None
