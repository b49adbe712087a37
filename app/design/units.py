"""Sizes, durations and moments in words for people."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITTEN_OUT = 200
"""More digits than these nobody reads; such numbers keep their exponent."""
_EXACT = Context(prec=2 * _WRITTEN_OUT)
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


def moment_words(moment: datetime) -> str:
    """A moment as ``21 Nov 2026, 09:12 UTC``; without a time zone as Python writes it."""
    zone = moment.tzname()
    if zone is None:
        return str(moment)
    month = _MONTHS[moment.month - 1]
    return f"{moment.day} {month} {moment.year}, {moment.hour:02}:{moment.minute:02} {zone}"


def decimal_words(value: float, digits: int) -> str:
    """A number with so many decimals, halves rounded away from zero, and no minus before zero."""
    exact = Decimal(repr(value))
    if not exact.is_finite() or abs(exact.adjusted()) > _WRITTEN_OUT:
        return str(value)
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _EXACT)
    return f"{rounded if rounded else abs(rounded):f}"
