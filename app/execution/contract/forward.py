"""Streams that are read forward, once, without copying more than is looked at.

`tarfile` in its stream mode copies the rest of its buffer with every header, which costs more
than inflating the archive. A `ForwardFile` hands out slices and skips without copying; an
`AheadReader` lets one thread inflate while another looks at what came out (zlib, isal, lzma and
hashlib all release the interpreter while they work).
"""

from __future__ import annotations

import queue
import threading
from types import TracebackType
from typing import Protocol, Self

from app.execution.contract.limits import MIB

CHUNK = 1 * MIB
_AHEAD = 4


class Readable(Protocol):
    """Anything with a forward-only `read`."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""


def read_fully(source: Readable, size: int) -> bytes:
    """Return the next `size` bytes, fewer only at the end."""
    parts = []
    while size > 0 and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class ForwardFile:
    """As much of a seekable file as reading a tar forward needs, over a plain `read`."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._chunk = b""
        self._at = 0
        self._position = 0

    def tell(self) -> int:
        """Return how many bytes were passed."""
        return self._position

    def seek(self, position: int) -> int:
        """Skip to `position`, which is not behind; stops where the source ends."""
        left = position - self._position
        if left < 0:
            raise OSError("the stream is only read forward")
        while left > 0 and self._filled():
            step = min(left, len(self._chunk) - self._at)
            self._at += step
            self._position += step
            left -= step
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        """Return exactly `size` bytes, fewer only at the end."""
        first = self.read_some(size)
        if len(first) == size or not first:
            return first
        parts, left = [first], size - len(first)
        while left and (part := self.read_some(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def read_some(self, size: int) -> bytes:
        """Return up to `size` bytes without waiting for more than there are."""
        if size <= 0 or not self._filled():
            return b""
        if self._at == 0 and size >= len(self._chunk):
            data, self._chunk = self._chunk, b""
        else:
            data = self._chunk[self._at : self._at + size]
            self._at += len(data)
        self._position += len(data)
        return data

    def _filled(self) -> bool:
        if self._at >= len(self._chunk):
            self._chunk, self._at = self._source.read(CHUNK), 0
        return bool(self._chunk)


class AheadReader:
    """Reads a source in a thread of its own, a few chunks ahead of whoever reads this.

    Used in a `with` statement: leaving it ends the thread, wherever the reading stands. What the
    source raises is raised here, after everything that came before it.
    """

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._chunks: queue.Queue[bytes | Exception] = queue.Queue(maxsize=_AHEAD)
        self._closing = threading.Event()
        self._held = b""
        self._ended: Exception | None = None
        self._over = False
        self._thread = threading.Thread(target=self._fill, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        while self._thread.is_alive():
            try:
                self._chunks.get(timeout=0.05)
            except queue.Empty:
                continue
        self._thread.join()

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        if not self._held:
            self._held = self._next()
        if size < 0 or size >= len(self._held):
            data, self._held = self._held, b""
        else:
            data, self._held = self._held[:size], self._held[size:]
        return data

    def _next(self) -> bytes:
        if self._ended is not None:
            raise self._ended
        if self._over:
            return b""
        found = self._chunks.get()
        if isinstance(found, Exception):
            self._ended = found
            raise found
        self._over = not found
        return found

    def _fill(self) -> None:
        chunk: bytes | Exception = b"more"
        while chunk and not isinstance(chunk, Exception) and not self._closing.is_set():
            try:
                chunk = self._source.read(CHUNK)
            except Exception as error:  # noqa: BLE001 -- handed to the reader
                chunk = error
            self._chunks.put(chunk)
