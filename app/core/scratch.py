"""Temporary folders that are cleared away even when whoever made them is killed.

A folder is held by a lock on it, which the kernel frees with the process; `sweep_scratch` removes
those that nobody holds. Nothing is guessed from names, ages or process numbers.
"""

import fcntl
import logging
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)
PREFIX = "hounsfield-scratch-"
_JUST_MADE = 60.0  # seconds; a folder exists for a moment before it is held


@contextmanager
def scratch_folder(what: str) -> Iterator[Path]:
    """Make a temporary folder for the block; ``what`` is a word in its name, for people."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{what}-"))
    holder = hold(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(holder)


def hold(folder: Path) -> int:
    """Hold a folder until the answer is closed, at the latest by the end of this process."""
    holder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    fcntl.flock(holder, fcntl.LOCK_EX)
    return holder


def is_held(folder: Path) -> bool:
    """Tell whether a living process holds a folder; one that is not there is not held."""
    try:
        found = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(found)
    return False


def sweep_scratch(*, min_age: float = _JUST_MADE) -> list[str]:
    """Remove the scratch folders of this account that no process holds; return their names."""
    swept = []
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        if _is_abandoned(folder, min_age=min_age):
            shutil.rmtree(folder, ignore_errors=True)
            swept.append(folder.name)
    if swept:
        logger.info("Removed %d temporary folders that killed processes left.", len(swept))
    return swept


def _is_abandoned(folder: Path, *, min_age: float) -> bool:
    try:
        about = folder.lstat()
    except OSError:
        return False  # gone meanwhile
    ours = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()
    return ours and time.time() - about.st_ctime >= min_age and not is_held(folder)
