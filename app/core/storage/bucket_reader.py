"""Reading an object in a bucket as if it were a file."""

import io
from typing import Protocol

from typing_extensions import override


class ReadRange(Protocol):
    """Fetches some bytes of an object."""

    def __call__(self, key: str, *, start: int, length: int) -> bytes:
        """Return up to ``length`` bytes from ``start``."""


class RangeReader(io.RawIOBase):
    """A seekable raw file that asks for a byte range at each read; wrap it in a buffer."""

    def __init__(self, read_range: ReadRange, *, key: str, size: int) -> None:
        self._read_range = read_range
        self._key = key
        self._size = size
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if origin + offset < 0:
            raise ValueError("cannot seek before the start of an object")
        self._at = origin + offset
        return self._at

    @override
    def tell(self) -> int:
        return self._at

    @override
    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        length = min(len(buffer), self._size - self._at)
        if length <= 0:
            return 0
        data = self._read_range(self._key, start=self._at, length=length)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
