"""What a check of the log found, and how that is said to people and programs."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from app.audit.canonical import Row
from app.audit.services.heads import Head

KEPT = 200
"""Findings that are told one by one; the rest are counted."""


class Kind(StrEnum):
    """A kind of damage."""

    EDITED = "edited"
    SWAPPED = "swapped"
    DELETED = "deleted"
    CUT_OUT = "cut_out"
    REORDERED = "reordered"
    INSERTED = "inserted"
    REWRITTEN = "rewritten"
    CUT_TAIL = "cut_tail"
    HEAD_DAMAGED = "head_damaged"
    HEADS_MISSING = "heads_missing"
    UNSEALED = "unsealed"


@dataclass
class Finding:
    """One finding: ``event_id`` is the first event it concerns, ``at`` that event's time.

    Of an event that is gone, ``at`` is unknown; ``after_event_id`` and ``after_at`` name the last
    sound event before it. ``until_event_id`` ends a range.
    """

    kind: Kind
    event_id: int
    at: str = ""
    position: int = 0
    after_event_id: int = 0
    after_at: str = ""
    until_event_id: int = 0
    until_at: str = ""
    text: str = ""


class Findings:
    """Findings in the order they were made: the first `KEPT`, and how many there are in all."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.total = 0

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.kept)

    def add(
        self,
        kind: Kind,
        event_id: int,
        *,
        position: int = 0,
        row: Row | None = None,
        after: Row | None = None,
        head: Head | None = None,
        good: Head | None = None,
        lost: int = 0,
        detail: str = "",
    ) -> Finding:
        """Note a finding and say it in words."""
        found = Finding(
            kind=kind,
            event_id=event_id,
            at=moment_of(row),
            position=position,
            after_event_id=after.id if after else 0,
            after_at=moment_of(after),
        )
        if kind == Kind.REWRITTEN:
            _from_head(found, good)
        if head is not None:
            found.until_event_id, found.until_at = head.event_id, head.event_at
        found.text = _words(found, lost=lost, detail=detail)
        self.total += 1
        if len(self.kept) < KEPT:
            self.kept.append(found)
        return found

    def extend(self, others: "Findings") -> None:
        """Add what another part of the check found."""
        self.total += others.total
        self.kept = [*self.kept, *others.kept][:KEPT]

    def make_swap(self, one: Finding, other: Finding) -> None:
        """Two edited events turn out to have changed places."""
        one.kind = other.kind = Kind.SWAPPED
        one.until_event_id, one.until_at = other.event_id, other.at
        one.text = f"Events {one.event_id} and {other.event_id} have changed places."
        other.text = f"Event {other.event_id} has changed places with event {one.event_id}."


@dataclass(frozen=True)
class Report:
    """The outcome of a check."""

    findings: Findings
    events: int
    sealed: int
    heads: int
    last_sealed: int
    last_at: str
    last_head: str
    last_head_position: int
    seconds: float
    sound: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sound", self.findings.total == 0)

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "sound": self.sound,
            "events": self.events,
            "sealed": self.sealed,
            "unsealed": self.events - self.sealed if self.sound else None,
            "heads": self.heads,
            "last_sealed_event": self.last_sealed,
            "last_sealed_at": self.last_at,
            "last_head_at": self.last_head,
            "last_head_position": self.last_head_position,
            "seconds": round(self.seconds, 3),
            "events_per_second": round(self.rate),
            "findings_total": self.findings.total,
            "findings": [asdict(found) for found in self.findings],
        }


def moment_of(row: Row | None) -> str:
    """Return an event's time as ISO 8601 in UTC."""
    if row is None:
        return ""
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=row.at)).isoformat()


def _from_head(found: Finding, good: Head | None) -> None:
    """A rewritten stretch begins after the last head that still fits."""
    found.after_event_id = good.event_id if good else 0
    found.after_at = good.event_at if good else ""


def _words(found: Finding, *, lost: int, detail: str) -> str:
    number, before, until = found.event_id, found.after_event_id, found.until_event_id
    since = f"event {before} ({found.after_at})" if before else "the beginning"
    return {
        Kind.EDITED: f"Event {number} does not fit its seal: it was edited"
        + (f", or event {before} before it was edited together with its seal." if before else "."),
        Kind.SWAPPED: "",
        Kind.DELETED: f"Event {number} is gone but its seal is here. It came after {since}.",
        Kind.CUT_OUT: f"{lost} sealed event(s) between {since} and event {number} are gone, "
        "with their seals.",
        Kind.REORDERED: f"The seal of event {number} stands at position {found.position}, which "
        f"is not after that of {since}.",
        Kind.INSERTED: f"Event {number} was inserted: later events were sealed without it.",
        Kind.REWRITTEN: f"The chain after {since} and up to event {until or number} is not the "
        "one that a signed head describes: events there were edited, inserted or cut off and the "
        "seals made anew.",
        Kind.CUT_TAIL: f"The end of the log was cut off after event {number} ({found.at}): a "
        f"signed head goes on for {lost} more, up to event {until} ({found.until_at}).",
        Kind.HEAD_DAMAGED: f"The head {detail} is damaged or not signed by this site.",
        Kind.HEADS_MISSING: f"A head up to position {found.position} was signed, and it is not in "
        "the storage any more.",
        Kind.UNSEALED: f"The sealer stands still: events from {number} on wait for more than a "
        "minute, or a transaction has been open for as long.",
    }[found.kind]
