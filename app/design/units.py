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
    value, units = size / 1000, iter(_SIZE_UNITS)
    unit = next(units)
    while value >= 999.5 and unit != _SIZE_UNITS[-1]:
        value, unit = value / 1000, next(units)
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f} {unit}"


def memory_words(size: int) -> str:
    """``4294967296`` as ``4 GiB``: memory is counted in powers of two."""
    value, unit = float(size), "B"
    for bigger in ("KiB", "MiB", "GiB"):
        if value < 1024:
            break
        value, unit = value / 1024, bigger
    return f"{value:.4g} {unit}"


def duration_words(seconds: float) -> str:
    """A duration with its two largest units: ``1 h 05 min``, ``12 s``, ``340 ms``."""
    if seconds < 0:
        return f"-{duration_words(-seconds)}"
    if seconds < 9.95:
        return f"{round(seconds * 1000)} ms" if seconds < 0.9995 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


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
