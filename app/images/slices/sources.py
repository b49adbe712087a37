"""Where the bytes of a pack come from:

a local file, any function, or an HTTP server that answers range requests.
"""

import asyncio
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import httpx

from app.images.slices.errors import PackError, SourceError

TIMEOUT = httpx.Timeout(10.0, connect=5.0, pool=None)
DEADLINE = 30.0
ATTEMPTS = 4
PAUSE = 0.1
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class RangeSource(Protocol):
    """Random access to one immutable file. Used from several threads at once."""

    @property
    def size(self) -> int:
        """Length of the file in bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes. Raises `SourceError` when they cannot be had."""

    def read_into(self, into: memoryview, offset: int, *, wait: bool = True) -> bool:
        """Fill `into`; False where that would take time and `wait` is not given."""

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
        self._flags = getattr(os, "RWF_NOWAIT", None)

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes."""
        try:
            data = os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise SourceError("The slice pack cannot be read.") from error
        return _exact(data, length)

    def read_into(self, into: memoryview, offset: int, *, wait: bool = True) -> bool:
        """Fill `into`; without `wait` only from the system's own memory (preadv2, RWF_NOWAIT).

        Where the system cannot tell, the file counts as being in memory.
        """
        if not wait and self._flags is not None:
            try:
                return os.preadv(self._descriptor, [into], offset, self._flags) == len(into)
            except BlockingIOError:
                return False
            except OSError:  # a file system without it
                self._flags = None
        try:
            count = os.preadv(self._descriptor, [into], offset)
        except OSError as error:
            raise SourceError("The slice pack cannot be read.") from error
        if count != len(into):
            raise SourceError("The slice pack ends before the wanted bytes.")
        return True

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

    def read_into(self, into: memoryview, offset: int, *, wait: bool = True) -> bool:
        """Fill `into`; always takes time."""
        if wait:
            into[:] = self.read(offset, len(into))
        return wait

    def close(self) -> None:
        """Nothing to give back."""


class HttpRange:
    """A file behind HTTP range requests (RFC 9110, section 14) over kept connections.

    `url` is called for every request, so that short-lived signed addresses can be renewed. A
    server that ignores the range is refused before its answer is read: a volume must not come
    over the wire for one slice. An answer that breaks off is gone on with where it ended; a
    request that is cancelled closes its connection.
    """

    def __init__(self, url: Callable[[], str], *, client: httpx.AsyncClient) -> None:
        self._url = url
        self._client = client

    async def __call__(self, offset: int, length: int) -> bytes:
        """Exactly these bytes. Raises `SourceError`, or `PackError` where there is no file."""
        data = bytearray()
        try:
            async with asyncio.timeout(DEADLINE):
                attempt = 0
                while attempt < ATTEMPTS:
                    before = len(data)
                    if await self._answered(data, offset, length):
                        return bytes(data)
                    attempt = 0 if len(data) > before else attempt + 1
                    if attempt:
                        await asyncio.sleep(PAUSE * 3 ** (attempt - 1))
        except TimeoutError:
            raise SourceError("The storage is too slow.") from None
        raise SourceError("The storage cannot be reached.")

    async def _answered(self, data: bytearray, offset: int, length: int) -> bool:
        """Add what one request brings; False where it broke off and the next may do better."""
        start = offset + len(data)
        headers = {"Range": f"bytes={start}-{offset + length - 1}", "Accept-Encoding": "identity"}
        try:
            async with self._client.stream("GET", self._url(), headers=headers) as response:
                if response.status_code in _PASSING:
                    return False
                _check(response, start=start, stop=offset + length)
                async for chunk in response.aiter_raw():
                    data += chunk
                    if len(data) > length:
                        raise SourceError("The storage sent more than was asked for.")
        except httpx.TransportError:
            return len(data) == length
        if len(data) < length:
            raise SourceError("The slice pack ends before the wanted bytes.")
        return True


def _check(response: httpx.Response, *, start: int, stop: int) -> None:
    """Raise unless the answer is the range that was asked for."""
    status = response.status_code
    if status == httpx.codes.NOT_FOUND:
        raise PackError("not-a-pack", "The slice pack is not stored any more.")
    if status != httpx.codes.PARTIAL_CONTENT:
        raise SourceError(f"The storage answered {status} to a range request.")
    told = response.headers.get("content-range", "").partition("/")[0]
    if told != f"bytes {start}-{stop - 1}":
        raise SourceError("The storage answered with another range.")


def _exact(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise SourceError("The slice pack ends before the wanted bytes.")
    return data
