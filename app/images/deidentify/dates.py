"""Dates and times as DICOM writes them (PS3.5 section 6.2): checked, and moved by whole days."""

from __future__ import annotations

import datetime as dt
import re

_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_TIME = re.compile(r"\d{2}(:?\d{2}(:?\d{2}(\.\d{1,6})?)?)?")
_DATETIME = re.compile(
    r"(\d{4})(\d{2})?(\d{2})?(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?([+-]\d{4})?"
)


def moved_back(vr: str, text: str, *, days: int) -> str | None:
    """Return a DA, DT or TM value `days` earlier, None when it is no such value.

    Times of day stay. A date-time without a day has none to move and is given up.
    """
    text = text.strip(" \0")
    if not text:
        return ""
    if vr == "TM":
        return text if _TIME.fullmatch(text) else None
    if vr == "DA":
        found = _DATE.fullmatch(text)
        return _earlier(found.groups(), days) if found else None
    found = _DATETIME.fullmatch(text)
    if found is None or not found[2] or not found[3]:
        return None
    date = _earlier(found.groups()[:3], days)
    return None if date is None else date + (found[4] or "") + (found[5] or "")


def is_valid(vr: str, text: str) -> bool:
    """Tell whether a text is a date, time or date-time."""
    text = text.strip(" \0")
    pattern = {"DA": _DATE, "TM": _TIME, "DT": _DATETIME}[vr]
    return not text or pattern.fullmatch(text) is not None


def _earlier(parts: tuple[str, ...], days: int) -> str | None:
    try:
        date = dt.date(int(parts[0]), int(parts[1]), int(parts[2])) - dt.timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return date.strftime("%Y%m%d").rjust(8, "0")
