"""Who follows a run, whichever way its container is called."""

from __future__ import annotations

from typing import Protocol

from app.execution.contract import RunResult
from app.execution.executors.log_account import LogChunk
from app.execution.executors.usage import UsageSample

POLL_SECONDS = 0.25


class Observer(Protocol):
    """Whoever follows a run. Raising from any of these ends the run and releases it."""

    def executing(self) -> None:
        """The container has been started, or was given the case."""

    def logged(self, chunks: list[LogChunk]) -> None:
        """New log; called at least every `POLL_SECONDS`, with an empty list too."""

    def sampled(self, samples: list[UsageSample]) -> None:
        """New measurements of what the container uses."""

    def wants_stop(self) -> bool:
        """Whether the run should be cancelled; asked before the start and at every poll."""

    def collecting(self) -> None:
        """The container has ended or answered; its outputs are being read."""

    def finished(self, result: RunResult) -> None:
        """The end. Output files exist until this returns."""
