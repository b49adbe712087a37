"""Any slice of a MetaImage, without the ones before it.

The pixels of a compressed MetaImage are one zlib stream, which can only be read from its start,
with two ways around. Ours are made of chunks that are compressed by themselves and end with the
five bytes of an empty stored block (RFC 1951, 3.2.4; `app.images.conversion.metaimage`): where
those are found as often as expected, a chunk is read alone. In all other streams the state of the
decompressor is kept every few megabytes while it passes, as in zlib's `examples/zran.c`.
"""

import threading
import zlib
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from app.images.slices.errors import InflateError, PackError
from app.images.slices.metaimage import MetaImageHeader

CHUNK = 1 << 20
"""Most bytes of one chunk of our own streams, and what slices are gathered to a quarter of."""
_MARK = b"\x00\x00\xff\xff"
_ZLIB_HEAD = 2
_READ = 1 << 20
_POINTS = 128
_POINT_BYTES = 4 << 20
_RAW = -15


class Bytes(Protocol):
    """Random access to a file on this machine that may still be arriving."""

    @property
    def size(self) -> int:
        """Length in bytes, once it is whole."""

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes; waits for them. Raises `SourceError`."""


class Pixels(Protocol):
    """Random access to the uncompressed pixels. Used from several threads at once."""

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes. Raises `PackError` and `SourceError`."""


class SliceAccess:
    """The slices of one MetaImage by number."""

    def __init__(self, file: Bytes, header: MetaImageHeader) -> None:
        self.header = header
        self._pixels: Pixels
        if header.compressed:
            self._pixels = _Deflated(file, header)
        else:
            self._pixels = _Plain(file, header.data_offset)

    def slice(self, index: int) -> NDArray[np.generic]:
        """Slice `index`, shape (y, x) or (y, x, components), little-endian."""
        header = self.header
        width, height, _ = header.size
        shape = (height, width) if header.components == 1 else (height, width, header.components)
        size = header.slice_bytes
        data = self._pixels.read(index * size, size)
        array = np.frombuffer(data, header.dtype).reshape(shape)
        return array.astype(header.dtype.newbyteorder("<"), copy=False)


class _Plain:
    def __init__(self, file: Bytes, start: int) -> None:
        self._file = file
        self._start = start

    def read(self, offset: int, length: int) -> bytes:
        if self._start + offset + length > self._file.size:
            raise _truncated()
        return self._file.read(self._start + offset, length)


class _Deflated:
    """By chunks where the stream is one of ours, else by restarting."""

    def __init__(self, file: Bytes, header: MetaImageHeader) -> None:
        self._restarting = _Restarting(file, header)
        self._chunks: _Chunks | None = _Chunks(file, header)

    def read(self, offset: int, length: int) -> bytes:
        chunks = self._chunks
        if chunks is not None:
            try:
                return chunks.read(offset, length)
            except _NotOursError:
                self._chunks = None
        return self._restarting.read(offset, length)


class _NotOursError(Exception):
    """The stream was written by another program, or holds the mark by chance."""


def chunk_sizes(header: MetaImageHeader) -> list[int]:
    """How our writer cuts the pixels of an image that it gets slice by slice."""
    size = header.slice_bytes
    if size >= CHUNK // 4:
        one = [min(CHUNK, size - start) for start in range(0, size, CHUNK)]
        return one * header.slices
    together = -(-(CHUNK // 4) // size)
    whole, rest = divmod(header.slices, together)
    return [together * size] * whole + ([rest * size] if rest else [])


class _Chunks:
    """Chunks of a stream of our own; found while the file is read, which may still be arriving."""

    def __init__(self, file: Bytes, header: MetaImageHeader) -> None:
        self._file = file
        sizes = chunk_sizes(header)
        self._starts = np.cumsum([0, *sizes]).tolist()
        self._ends: list[int] = [header.data_offset + _ZLIB_HEAD]
        self._searched = self._ends[0]
        self._kept = b""
        self._lock = threading.Lock()
        self._last: tuple[int, bytes] = (-1, b"")

    def read(self, offset: int, length: int) -> bytes:
        first = bisect_right(self._starts, offset) - 1
        last = bisect_right(self._starts, offset + length - 1) - 1
        self._find(last + 1)
        data = b"".join(self._chunk(number) for number in range(first, last + 1))
        start = offset - self._starts[first]
        return data[start : start + length]

    def _chunk(self, number: int) -> bytes:
        known, data = self._last
        if known == number:
            return data
        wanted = self._starts[number + 1] - self._starts[number]
        start, stop = self._ends[number], self._ends[number + 1]
        inflater = isal_zlib.decompressobj(_RAW)
        try:
            data = inflater.decompress(self._file.read(start, stop - start), wanted + 1)
        except (InflateError, ValueError) as error:
            raise _NotOursError from error
        if len(data) != wanted:
            raise _NotOursError
        self._last = (number, data)
        return data

    def _find(self, count: int) -> None:
        """Find the ends of the first `count` chunks."""
        with self._lock:
            while len(self._ends) <= count:
                length = min(_READ, self._file.size - self._searched)
                if length <= 0:
                    raise _NotOursError
                data = self._kept + self._file.read(self._searched, length)
                origin = self._searched - len(self._kept)
                at = data.find(_MARK)
                while at >= 0:
                    self._ends.append(origin + at + len(_MARK))
                    at = data.find(_MARK, at + len(_MARK))
                self._searched += length
                # A mark may lie across two reads; one that was found is not found again.
                tail = min(len(_MARK) - 1, origin + len(data) - self._ends[-1])
                self._kept = data[len(data) - tail :] if tail > 0 else b""


@dataclass(order=True)
class _Point:
    """A place of the stream to go on from."""

    at: int
    state: Any = field(compare=False)
    position: int = field(compare=False)
    rest: bytes = field(compare=False, default=b"")


class _Restarting:
    """Any zlib stream: from the last place kept before the wanted bytes."""

    def __init__(self, file: Bytes, header: MetaImageHeader) -> None:
        self._file = file
        total = header.slice_bytes * header.slices
        self._every = max(_POINT_BYTES, total // _POINTS)
        self._points = [_Point(0, zlib.decompressobj(), header.data_offset)]
        self._lock = threading.Lock()

    def read(self, offset: int, length: int) -> bytes:
        """Inflate; one thread at a time, for each takes the places that the one before kept."""
        with self._lock:
            known = self._points[bisect_right(self._points, _Point(offset, None, 0)) - 1]
            point = _Point(known.at, known.state.copy(), known.position, known.rest)
            parts = []
            while point.at < offset + length:
                data = self._step(point, min(self._every, offset + length - point.at))
                start = point.at - len(data)
                if point.at > offset:
                    parts.append(data[max(0, offset - start) :])
                if point.at >= self._points[-1].at + self._every:
                    kept = _Point(point.at, point.state.copy(), point.position, point.rest)
                    self._points.append(kept)
            return b"".join(parts)

    def _step(self, point: _Point, most: int) -> bytes:
        """Go on by up to `most` bytes."""
        data = point.rest
        if not data:
            length = min(_READ, self._file.size - point.position)
            data = self._file.read(point.position, length) if length > 0 else b""
            point.position += len(data)
        if not data or point.state.eof:
            raise _truncated()
        try:
            made: bytes = point.state.decompress(data, most)
        except zlib.error as error:
            raise PackError(
                "damaged", "The image file's compressed pixels are damaged. Import it again."
            ) from error
        point.rest = point.state.unconsumed_tail
        point.at += len(made)
        return made


def _truncated() -> PackError:
    return PackError("truncated", "The image file ends before its last slice. Import it again.")
