"""Where the bytes of a pack come from:

a local file, an HTTP server that answers range requests, or any function.
"""

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import httpx

from app.images.slices.errors import SourceError

_TIMEOUT = httpx.Timeout(20.0, connect=5.0)


class RangeSource(Protocol):
    """Random access to one immutable file. Used from several threads at once."""

    @property
    def size(self) -> int:
        """Length of the file in bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes. Raises `SourceError` when they cannot be had."""

    def close(self) -> None:
        """Give back connections and descriptors."""


class LocalFile:
    """A pack in a folder. The descriptor is closed at the latest with the object."""

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise SourceError("The slice pack cannot be opened.") from error
        self.size = os.fstat(self._descriptor).st_size
        self._close = weakref.finalize(self, os.close, self._descriptor)

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes."""
        try:
            data = os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise SourceError("The slice pack cannot be read.") from error
        return _exact(data, length)

    def close(self) -> None:
        """Close the descriptor; reading afterwards raises `SourceError`."""
        self._descriptor = -1
        self._close()


class CallableRange:
    """A pack behind `fetch(offset, length) -> bytes`, such as an S3 client's ranged get."""

    def __init__(self, fetch: Callable[[int, int], bytes], *, size: int) -> None:
        self._fetch = fetch
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes."""
        return _exact(self._fetch(offset, length), length)

    def close(self) -> None:
        """Nothing to give back."""


class HttpRange:
    """A pack behind HTTP range requests (RFC 9110, section 14) over kept connections.

    `url` is called for every request, so that short-lived signed addresses can be renewed. A
    server that ignores the range is refused before its answer is read: a volume must not come
    over the wire for one slice.
    """

    def __init__(
        self, url: Callable[[], str], *, size: int, client: httpx.Client | None = None
    ) -> None:
        self._url = url
        self._client = client or httpx.Client(timeout=_TIMEOUT, follow_redirects=False)
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes, by one request."""
        if not length:
            return b""
        headers = {"Range": f"bytes={offset}-{offset + length - 1}", "Accept-Encoding": "identity"}
        try:
            with self._client.stream("GET", self._url(), headers=headers) as response:
                if response.status_code != httpx.codes.PARTIAL_CONTENT:
                    raise SourceError(
                        f"The storage answered {response.status_code} to a range request."
                    )
                data = bytearray()
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > length:
                        break
        except httpx.HTTPError as error:
            raise SourceError("The storage cannot be reached.") from error
        return _exact(bytes(data), length)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class CachedSource:
    """Keeps the last ranges of a far source in memory, in aligned blocks (LRU)."""

    def __init__(
        self, source: RangeSource, *, block: int = 256 * 1024, capacity: int = 64 * 1024 * 1024
    ) -> None:
        self._source = source
        self._block = block
        self._room = max(1, capacity // block)
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self.size = source.size

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes; missing neighbouring blocks are fetched together."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise SourceError("The slice pack ends before the wanted bytes.")
        if not length:
            return b""
        first, last = offset // self._block, (offset + length - 1) // self._block
        data = b"".join(self._wanted(first, last))
        start = offset - first * self._block
        return data[start : start + length]

    def close(self) -> None:
        """Forget the blocks and close the source."""
        with self._lock:
            self._blocks.clear()
        self._source.close()

    def _wanted(self, first: int, last: int) -> list[bytes]:
        found: dict[int, bytes] = {}
        with self._lock:
            for number in range(first, last + 1):
                if number in self._blocks:
                    self._blocks.move_to_end(number)
                    found[number] = self._blocks[number]
        missing = [n for n in range(first, last + 1) if n not in found]
        for start, stop in _runs(missing):
            found.update(self._fetch(start, stop))
        return [found[n] for n in range(first, last + 1)]

    def _fetch(self, start: int, stop: int) -> dict[int, bytes]:
        offset = start * self._block
        data = self._source.read(offset, min((stop + 1) * self._block, self.size) - offset)
        blocks = {
            start + i: data[i * self._block : (i + 1) * self._block]
            for i in range(stop - start + 1)
        }
        with self._lock:
            for number, block in blocks.items():
                self._blocks[number] = block
                self._blocks.move_to_end(number)
            while len(self._blocks) > self._room:
                self._blocks.popitem(last=False)
        return blocks


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Neighbouring numbers joined to (first, last)."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _exact(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise SourceError("The slice pack ends before the wanted bytes.")
    return data
