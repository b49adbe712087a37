"""The folder on a worker's disk where an import is done: found again after the worker died."""

import errno
import fcntl
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID

from app.core.errors import PortalError
from app.images.models import Import

logger = logging.getLogger(__name__)
PREFIX = "hounsfield-import-"
SPARE_BYTES = 256 * 2**20
_TRIES = 8


class NoRoom(PortalError):
    """The worker's disk cannot take the import now."""

    code = "no-room"
    status = 507
    title = "There is not enough room to work"


@contextmanager
def workplace(import_id: UUID) -> Iterator[Path]:
    """Yield the import's folder on this machine, with whatever an earlier worker fetched.

    A lock tells a living worker from a dead one; while another still holds it the folder is a
    fresh one. It is removed when the block ends; what a killed worker leaves is removed by the
    next import on this machine, or used by the same one.
    """
    _remove_leftovers()
    root, lock = _free_folder(import_id)
    try:
        yield root
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise NoRoom("The server ran out of temporary disk space during the import.") from error
    finally:
        shutil.rmtree(root, ignore_errors=True)
        lock.close()


def check_room(folder: Path, *, to_fetch: int, total: int) -> None:
    """Raise `NoRoom` unless the files fit, and as much again for what is made of them.

    An import needs its files, unpacked archives and one image at a time; images leave as they are
    stored, with the files that made them.
    """
    needed = to_fetch + total + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoom(
            f"The import needs {_size(needed)} of temporary disk space on the server, and "
            f"{_size(free)} are free. Try again later, or import fewer files at once."
        )


def _free_folder(import_id: UUID) -> tuple[Path, IO[bytes]]:
    """Return the import's own folder, or a fresh one, and the lock that keeps it."""
    root = Path(tempfile.gettempdir()) / f"{PREFIX}{import_id}"
    for _ in range(_TRIES):
        lock = _locked(root)
        if lock is not None:
            return root, lock
        root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{import_id}-"))
    raise NoRoom("The server cannot make a temporary folder for the import.")


def _locked(root: Path) -> IO[bytes] | None:
    """Hold the folder's lock, made by nobody but us; nothing if a living worker has it."""
    try:
        root.mkdir(mode=0o700, exist_ok=True)
        found = root.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return None
        lock = (root / ".lock").open("ab")
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever swept it between our two steps had locked a file that is gone now.
        if os.stat(lock.name).st_ino != os.fstat(lock.fileno()).st_ino:
            raise OSError("The folder is another one by now.")
    except OSError:
        lock.close()
        return None
    return lock


def _remove_leftovers() -> None:
    """Remove folders of dead workers whose imports need them no more."""
    for root in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = None if _is_needed(root.name.removeprefix(PREFIX)) else _locked(root)
        if lock is not None:
            shutil.rmtree(root, ignore_errors=True)
            lock.close()


def _is_needed(name: str) -> bool:
    try:
        return Import.objects.filter(pk=UUID(name), state__in=Import.ACTIVE).exists()
    except ValueError:  # the folder of one attempt alone
        return False


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
