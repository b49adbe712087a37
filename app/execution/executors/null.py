"""The executor of a machine without a container engine: it says what is missing, loudly."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import NoReturn

from app.execution.contract import CollectedOutput, RunSpec
from app.execution.contract.reasons import StoppedBy
from app.execution.executors.base import EngineStatus, ExecutorUnavailable, Exit
from app.execution.executors.log_account import LogChunk
from app.execution.executors.usage import UsageSample

ADVICE = (
    "Install Docker or Podman on a worker (Debian: `apt-get install docker.io`), or set "
    "DOCKER_HOST to the address of an engine, and restart the worker."
)


class NullExecutor:
    """Refuses every run with the reason; never pretends to have run anything."""

    name = "null"

    def __init__(self, *, reason: str = "This worker has no container engine.") -> None:
        self._reason = reason

    def status(self) -> EngineStatus:
        """Say what is missing."""
        return EngineStatus(available=False, name=self.name, message=self._reason, advice=ADVICE)

    def provision(self, spec: RunSpec) -> None:
        """Refuse."""
        self._refuse()

    def provision_service(self, spec: RunSpec) -> NoReturn:
        """Refuse."""
        self._refuse()

    def start(self, run: None) -> None:
        """Refuse."""
        self._refuse()

    def poll(self, run: None, *, timeout: float) -> Exit | None:
        """Refuse."""
        self._refuse()

    def stream_logs(self, run: None) -> list[LogChunk]:
        """Refuse."""
        self._refuse()

    def take_usage(self, run: None) -> list[UsageSample]:
        """Refuse."""
        self._refuse()

    def collect(self, run: None) -> tuple[CollectedOutput, ...]:
        """Refuse."""
        self._refuse()

    def stop(self, run: None, *, why: StoppedBy = StoppedBy.CANCEL) -> None:
        """Refuse."""
        self._refuse()

    def release(self, run: None) -> None:
        """Nothing was provisioned, so there is nothing to remove."""

    def leftovers(self) -> set[str]:
        """Find nothing: nothing ever ran."""
        return set()

    def reap(self, *, live: AbstractSet[str], found: AbstractSet[str] | None = None) -> list[str]:
        """Find nothing: nothing ever ran."""
        return []

    def _refuse(self) -> NoReturn:
        raise ExecutorUnavailable(self._reason, advice=ADVICE)
