"""DICOM times as seconds: used to order images and to find their distance, never passed on."""

from __future__ import annotations

import datetime
import math

_DAY = 86400.0


def seconds_of_day(text: str) -> float | None:
    """Parse a DICOM TM value, HHMMSS.FFFFFF (PS3.5 section 6.2), older HH:MM:SS too."""
    text = text.replace(":", "")
    try:
        seconds = int(text[:2]) * 3600 + int(text[2:4] or 0) * 60 + float(text[4:] or 0)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def moment(date: str, time: str) -> tuple[float, float] | None:
    """Return day and second of the day from DA and TM values; the day is 0 without a date."""
    seconds = seconds_of_day(time)
    if seconds is None:
        return None
    date = date.replace(".", "")
    try:
        day = datetime.date(int(date[:4]), int(date[4:6]), int(date[6:8])).toordinal()
    except ValueError:
        day = 0
    return (float(day), seconds)


def moment_of(text: str) -> tuple[float, float] | None:
    """Parse a DICOM DT value, YYYYMMDDHHMMSS.FFFFFF (the offset from UTC is left out)."""
    text = text.split("+", maxsplit=1)[0].split("-", maxsplit=1)[0]
    return moment(text[:8], text[8:])


def seconds_between(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Return the seconds from one moment to a later one."""
    return (second[0] - first[0]) * _DAY + second[1] - first[1]
