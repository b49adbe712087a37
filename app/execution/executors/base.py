"""What every executor offers, and how it fails.

The order of calls is `provision, start, poll…, collect, release`; `stream_logs` and `stop` may
come at any time between `start` and `release`, from another thread too. `release` must always be
called, may be called at any point after `provision`, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from app.execution.contract import Capacity, CollectedOutput, ExitFacts, Reason, ReasonCode, RunSpec
from app.execution.contract.reasons import StoppedBy
from app.execution.executors.log_account import LogAccount, LogChunk
from app.execution.executors.usage import UsageSample

RunHandle = TypeVar("RunHandle")


class ExecutorError(Exception):
    """A run could not be carried through. `message` is for people, `advice` what to do."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    @property
    def reason(self) -> Reason:
        """Return why the run ended, as its result states it."""
        return Reason(code=ReasonCode.PLATFORM, message=self.message, advice=self.advice)


class PlatformFault(ExecutorError):
    """Our side broke (engine, host, storage): the run is tried again and costs no attempt."""


class ExecutorUnavailable(PlatformFault):
    """There is nothing here that could run a container."""


class InputFault(ExecutorError):
    """An input or the model cannot be used as it is; trying again would not help."""

    @property
    def reason(self) -> Reason:
        """Return why the run ended, as its result states it."""
        return Reason(code=ReasonCode.INPUT, message=self.message, advice=self.advice)


class StartFailure(ExecutorError):
    """The image's own command cannot be started."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message, advice=reason.advice)
        self._reason = reason

    @property
    def reason(self) -> Reason:
        """Return why the run ended, as its result states it."""
        return self._reason


@dataclass(frozen=True, kw_only=True)
class EngineStatus:
    """Whether containers can run here now, in words for an administrator.

    `capacity` is what the engine says its machine has.
    """

    available: bool
    name: str
    message: str
    advice: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    capacity: Capacity | None = None


@dataclass(frozen=True, kw_only=True)
class Exit:
    """A container that has ended, with the seconds it ran and the digest of its whole log."""

    facts: ExitFacts
    seconds: float
    log_sha256: str
    log_bytes: int


class Channel(Protocol):
    """The answer of a container that stays up, as it arrives."""

    def receive(self, timeout: float) -> bytes | None:
        """Wait up to `timeout` seconds: some bytes, none at the end, None when nothing came."""

    def close(self) -> None:
        """Stop listening; never raises."""


class Service(Protocol):
    """One container that stays up. `release` must always be called and leaves nothing behind.

    Per case: `put, thaw, measure, ask…, freeze, collect, sweep`; or `stop` instead of `freeze`,
    after which only `collect` and `release` make sense.
    """

    name: str
    log: LogAccount

    @property
    def reusable(self) -> bool:
        """Whether it can be frozen and swept, so that it can serve more than one case."""

    def start(self) -> None:
        """Start the container; there is no wall clock."""

    def settle(self) -> None:
        """Take what lies in its folders now, when it is ready, as what belongs to it."""

    def poll(self, timeout: float) -> Exit | None:
        """Wait up to `timeout` seconds for the end; None while it lives."""

    def ask(self, request: bytes) -> Channel:
        """Send a request to its port; an OSError when nobody takes it."""

    def put(self, spec: RunSpec) -> dict[str, str]:
        """Lay the inputs of a case at /input; their sha256 by path."""

    def measure(self) -> None:
        """Begin to measure what a case uses."""

    def take_usage(self) -> list[UsageSample]:
        """What was measured since the last call."""

    def freeze(self) -> bool:
        """Stop all of its processes where they are; False when that is not possible."""

    def thaw(self) -> None:
        """Let them go on."""

    def collect(self, spec: RunSpec) -> tuple[CollectedOutput, ...]:
        """The declared outputs of a frozen or ended container; files live until `sweep`."""

    def sweep(self) -> bool:
        """Remove what a case left in its folders; False when that cannot be done."""

    def stop(self, why: StoppedBy) -> None:
        """Kill the container; harmless when it has ended."""

    def release(self) -> None:
        """Remove container, volumes and files, whatever state it is in; never raises."""


class Executor(Protocol[RunHandle]):
    """One way to run containers. Handles are opaque to the caller."""

    name: str

    def status(self) -> EngineStatus:
        """Whether this executor can work now; never raises."""

    def provision(self, spec: RunSpec) -> RunHandle:
        """Bring image, inputs and folders into place; nothing of the author's runs yet."""

    def provision_service(self, spec: RunSpec) -> Service:
        """The same for a container that stays up; inputs come later, case by case."""

    def start(self, run: RunHandle) -> None:
        """Start the container and the wall clock."""

    def poll(self, run: RunHandle, *, timeout: float) -> Exit | None:
        """Wait up to `timeout` seconds for the end; None while it runs."""

    def stream_logs(self, run: RunHandle) -> list[LogChunk]:
        """What was logged since the last call."""

    def take_usage(self, run: RunHandle) -> list[UsageSample]:
        """What was measured since the last call; nothing where the engine does not measure."""

    def collect(self, run: RunHandle) -> tuple[CollectedOutput, ...]:
        """The declared outputs of an ended run; the files live until `release`."""

    def stop(self, run: RunHandle, *, why: StoppedBy = StoppedBy.CANCEL) -> None:
        """Kill the container; harmless when it has ended."""

    def release(self, run: RunHandle) -> None:
        """Remove container, volumes and files of the run, whatever state it is in."""

    def leftovers(self) -> set[str]:
        """The ids of all runs of which there is anything here, live ones too."""

    def reap(self, *, live: AbstractSet[str], found: AbstractSet[str] | None = None) -> list[str]:
        """Remove what runs not in `live` left behind here; the run ids that were removed.

        Ask for the `leftovers` first and for `live` after that, and pass both: a run that was
        claimed in between is in neither, and is not touched. What is named otherwise than runs
        are is left alone while the process lives that made it.
        """
