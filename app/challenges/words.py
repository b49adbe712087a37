"""Times in sentences."""

from datetime import datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def moment_words(moment: datetime) -> str:
    """Return a moment as it stands in a sentence: "27 Nov 2026, 14:05 UTC"."""
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def again_words(moment: datetime | None, now: datetime) -> str:
    """Return when one more submission is possible, or nothing: in how long, and at what time."""
    if moment is None:
        return ""
    return f"You may submit again in {wait_words(moment - now)}, at {moment_words(moment)}."


def wait_words(wait: timedelta) -> str:
    """Return a wait, rounded up so that nobody comes too early: "3 h", "2 days", "5 min"."""
    seconds = max(wait.total_seconds(), 0)
    if seconds <= 90 * _MINUTE:
        return f"{max(1, _up(seconds, _MINUTE))} min"
    if seconds <= 2 * _DAY:
        return f"{_up(seconds, _HOUR)} h"
    return f"{_up(seconds, _DAY)} days"


def _up(seconds: float, unit: int) -> int:
    return -int(-seconds // unit)
