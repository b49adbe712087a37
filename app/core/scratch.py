"""Temporary folders and files that no crash leaves behind for good.

Whoever works in one holds its lock, and the kernel frees the lock of a process that was killed.
So a living one is told from a dead one's, which the next sweep of this machine removes.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PREFIX = "hounsfield-work-"
FRESH_SECONDS = 10.0  # its lock may still be on the way


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """Yield an empty folder for this process alone, gone when the block ends."""
    root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{purpose}-"))
    lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)
        os.close(lock)


@contextmanager
def scratch_file(*, suffix: str) -> Iterator[IO[str]]:
    """Yield a named file to write text to, gone when the block ends."""
    with tempfile.NamedTemporaryFile("w", prefix=PREFIX, suffix=suffix) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file


def sweep_scratch() -> int:
    """Remove what processes that were killed left on this machine; return how much that was."""
    count = 0
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            found = path.lstat()
            if found.st_uid == os.geteuid() and time.time() - found.st_mtime > FRESH_SECONDS:
                count += _remove_if_dead(path)
    return count


def _remove_if_dead(path: Path) -> bool:
    lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    finally:
        os.close(lock)
    return True
