"""Free disk space, said before a job fails for the want of it."""

import shutil
from pathlib import Path

from app.execution.contract import Limits

ROOM = Limits().scratch + Limits().output
"""Bytes that one job may need that names no limits of its own."""


def lack_of_room(home: Path) -> str:
    """Return a sentence when the disk of the state folder has no room for a job, else nothing."""
    free = shutil.disk_usage(home).free
    if free >= ROOM:
        return ""
    return (
        f"Only {free / 2**30:.1f} GiB are free in {home}. A job may need {ROOM / 2**30:.0f} GiB "
        "and is not begun without: its inputs, results and scratch are kept there while it runs. "
        "HOUNSFIELD_HOME=/folder/on/a/larger/disk names another place."
    )
