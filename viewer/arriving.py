"""A MetaImage of a far store on its way to this machine, readable while it arrives.

It lies in a file without a name, which is gone with the last reader or with the process.
"""

import os
import tempfile
import threading
import weakref
from typing import IO

from app.core.errors import PortalError
from app.core.storage import ObjectStore
from app.images.slices.errors import PackError, SourceError

MOST_BYTES = 4 * 2**30
AT_ONCE = 2
PATIENCE = 20.0
TOO_LARGE = "The image is too large to be shown before its slices are prepared."
_places = threading.BoundedSemaphore(AT_ONCE)


class Arriving:
    """Reading waits until the bytes are there. The download ends when nobody holds the object."""

    def __init__(self, store: ObjectStore, key: str, *, size: int) -> None:
        """Raises `PackError` for a file that is too large to be fetched for a look."""
        if size > MOST_BYTES:
            raise PackError("too-large", TOO_LARGE)
        self.size = size
        self._state = _State(tempfile.TemporaryFile())  # noqa: SIM115 -- it lives with the object
        self._close = weakref.finalize(self, self._state.stop)
        threading.Thread(
            target=_fetch, args=(store, key, self._state), name="slices-arriving", daemon=True
        ).start()

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes; waits for them. Raises `SourceError`."""
        return self._state.read(offset, length)


class _State:
    """What the download and the readers share."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._there = 0
        self._ended = False
        self._changed = threading.Condition()

    @property
    def is_stopped(self) -> bool:
        return self._ended

    def add(self, data: bytes) -> None:
        with self._changed:
            if not self._ended:
                os.pwrite(self._file.fileno(), data, self._there)
                self._there += len(data)
                self._changed.notify_all()

    def end(self) -> None:
        """No more bytes will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Nobody reads any more."""
        self.end()
        with self._changed:
            self._file.close()

    def read(self, offset: int, length: int) -> bytes:
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or self._there >= offset + length, timeout=PATIENCE
            )
            if self._there < offset + length or self._file.closed:
                raise SourceError("The image file could not be fetched.")
            return os.pread(self._file.fileno(), length, offset)


def _fetch(store: ObjectStore, key: str, state: _State) -> None:
    """Take the object from its first byte on, for as long as somebody reads."""
    try:
        with _places:
            for piece in store.iter_range(key):
                if state.is_stopped:
                    return
                state.add(piece)
    except (PortalError, OSError):
        pass  # the readers are told that no more will come
    finally:
        state.end()
