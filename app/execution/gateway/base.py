"""The one way for a worker to the portal, whatever is between them.

A worker needs a container engine, a broker and a gateway; it holds no keys of storage, no signing
key and no address of the database. Every call after `claim` is made with the token of that one
run, which opens nothing once the run is another worker's or has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol

from pydantic import ConfigDict, Field

from app.execution.contract import Capacity, CollectedOutput, RunSpec


@dataclass(frozen=True, kw_only=True)
class Warmth:
    """That a container may serve further cases after its first, and how long it waits for one.

    An endpoint has no case of its own: every one of its cases is asked for.
    """

    idle_seconds: float
    most_cases: int
    is_endpoint: bool = False


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A run that this worker has now; ``token`` speaks for it.

    With ``warmth`` its container should stay for others, where that is possible.
    """

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    token: str
    spec: RunSpec
    warmth: Warmth | None = None


@dataclass(frozen=True, kw_only=True)
class NextCase:
    """What a warm container does next: a case, or close; neither: ask again."""

    assignment: Assignment | None = None
    close: bool = False


@dataclass(frozen=True, kw_only=True)
class Report:
    """What happened since the last report. ``log_start`` counts the characters before ``log``.

    ``usage`` are all samples so far, or ``None`` when there are no new ones.
    """

    executing: bool = False
    log: str = ""
    log_start: int = 0
    usage: Sequence[Sequence[float]] | None = None


@dataclass(frozen=True, kw_only=True)
class Slip:
    """Where the bytes of one output may be PUT, in parts of ``part_size`` (the last is the rest).

    The addresses are signed, short-lived, and good for nothing else.
    """

    part_size: int
    addresses: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An output whose bytes were sent: the ETag that each part was answered."""

    slug: str
    etags: Sequence[str]


ENCLOSED_BYTES = 32 * 2**10
MOST_ENCLOSED = 16


@dataclass(frozen=True, kw_only=True)
class Enclosed:
    """An output of at most ``ENCLOSED_BYTES``: asking for an address would take longer."""

    slug: str
    filename: str
    content: Annotated[bytes, Field(max_length=ENCLOSED_BYTES)]


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a run ended: its result record, the outputs that were sent, and the rest of the log.

    At most ``MOST_ENCLOSED`` small outputs come along instead of being sent.
    """

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    record: dict[str, Any]
    outputs: Sequence[Sent] = ()
    enclosed: Annotated[Sequence[Enclosed], Field(max_length=MOST_ENCLOSED)] = ()
    last: Report = field(default_factory=Report)


LONGEST_WAIT = 20.0
"""Seconds that one question for the next case may stay unanswered."""


class Gateway(Protocol):
    """What a worker asks of the portal.

    All but `claim` and `beat` raise ``LeaseLost`` when the run is no longer this worker's.
    `PlatformFault` says that the portal could not be reached.
    """

    def beat(
        self,
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
        """Give a sign of life; the runs that may be under way, whose traces must stay.

        ``slots`` is how many jobs the worker takes at a time, ``uptime`` the seconds since it
        started; with ``draining`` it says that it takes no more.
        """

    def claim(self, job_id: str, *, worker: str) -> Assignment | None:
        """Take the queued job whose turn it is and that fits this worker, or nothing.

        ``job_id`` is the one that the broker named. It is a hint: the portal decides.
        """

    def report(self, token: str, report: Report) -> bool:
        """Hold the run for longer and tell how it goes; ``True`` when it shall be stopped."""

    def request_slip(self, token: str, output: CollectedOutput) -> Slip:
        """Ask where an output may be sent."""

    def finish(self, token: str, ending: Ending) -> None:
        """Hand the run over; calling it again changes nothing."""

    def next_case(self, token: str, *, wait_seconds: float) -> NextCase:
        """Ask for the next case of a warm container, waiting up to so many seconds for one.

        ``token`` is that of an endpoint, or of the case before. Asked again after an answer that
        was lost, it gives the same case.
        """

    def give_back(
        self, token: str, *, reason: str, crashed: bool = False, stopped: bool = False
    ) -> None:
        """Return a run that was lost through our fault; a lost one is left alone.

        ``stopped``: the worker was told to end, which is not counted against the job.
        """
