"""Sizes, durations and moments in words for people."""

from __future__ import annotations

from datetime import datetime, timedelta

_SIZE_UNITS = ("kB", "MB", "GB", "TB", "PB")
_STEPS = (
    ("year", 31_557_600),
    ("month", 2_629_800),
    ("day", 86_400),
    ("hour", 3600),
    ("minute", 60),
)


def filesize_words(size: int) -> str:
    """A size in bytes with decimal units and three significant figures: ``1.23 MB``."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in _SIZE_UNITS:
        value /= 1000
        if value < 999.5:
            break
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f} {unit}"


def duration_words(seconds: float) -> str:
    """A duration with its two largest units: ``1 h 05 min``, ``12 s``, ``340 ms``."""
    if seconds < 0:
        return f"-{duration_words(-seconds)}"
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes == 0:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} d {hours % 24} h"


def ago_words(moment: datetime, *, now: datetime) -> str:
    """How long ago or until: ``3 hours ago``, ``in 2 days``, ``just now``."""
    gap: timedelta = now - moment
    seconds = abs(gap.total_seconds())
    for unit, length in _STEPS:
        count = int(seconds // length)
        if count:
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{words} ago" if gap > timedelta(0) else f"in {words}"
    return "just now" if gap >= timedelta(0) else "in a moment"
