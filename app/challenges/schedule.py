"""When a phase takes submissions, and what that makes of its challenge. Imports no Django."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a phase or a challenge is in its time."""

    DRAFT = "DRAFT"
    UPCOMING = "UPCOMING"
    OPEN = "OPEN"
    CLOSED = "CLOSED"

    @property
    def label(self) -> str:
        """The words for people."""
        return _LABELS[self]

    @property
    def tone(self) -> str:
        """How its badge looks."""
        return _TONES[self]

    @property
    def icon(self) -> str:
        """What stands on its badge."""
        return _ICONS[self]


_LABELS = {
    Status.DRAFT: "Draft",
    Status.UPCOMING: "Opens later",
    Status.OPEN: "Takes submissions",
    Status.CLOSED: "Closed",
}
_TONES = {
    Status.DRAFT: "neutral",
    Status.UPCOMING: "info",
    Status.OPEN: "success",
    Status.CLOSED: "neutral",
}
_ICONS = {
    Status.DRAFT: "pencil",
    Status.UPCOMING: "clock",
    Status.OPEN: "check",
    Status.CLOSED: "lock",
}
_FIRST = (Status.OPEN, Status.UPCOMING, Status.CLOSED)


def phase_status(opens_at: datetime | None, closes_at: datetime | None, now: datetime) -> Status:
    """Return where a phase is; without an opening time it is a draft."""
    if opens_at is None:
        return Status.DRAFT
    if closes_at is not None and closes_at <= now:
        return Status.CLOSED
    return Status.OPEN if opens_at <= now else Status.UPCOMING


def challenge_status(phases: Iterable[Status]) -> Status:
    """Return what its phases make of a challenge: open if one is, else upcoming, else closed."""
    held = set(phases)
    return next((status for status in _FIRST if status in held), Status.DRAFT)


def faults(
    opens_at: datetime | None, closes_at: datetime | None, frozen_at: datetime | None
) -> dict[str, list[str]]:
    """Return what is wrong with a phase's times, by field."""
    found = {}
    if closes_at is not None:
        if opens_at is None:
            found["opens_at"] = ["Say when the phase opens: it closes at a stated time."]
        elif closes_at <= opens_at:
            found["closes_at"] = ["The phase has to close after it opens."]
    if frozen_at is not None:
        if opens_at is None or frozen_at <= opens_at:
            found["frozen_at"] = ["The leaderboard can only freeze after the phase opens."]
        elif closes_at is None:
            found["frozen_at"] = ["Say when the phase closes: then the leaderboard is shown again."]
        elif frozen_at >= closes_at:
            found["frozen_at"] = ["The leaderboard can only freeze before the phase closes."]
    return found
