"""Write MetaImage (`.mha`) in one pass with bounded memory.

The pixels are compressed in chunks by several threads and still form one valid zlib stream: every
chunk is raw deflate ended by a sync flush (the last by a finish), the whole framed by the zlib
header and the Adler-32 of all chunks, which can be combined from those of the parts (RFC 1950).
The size of the stream is known only at the end, so its field is reserved with blanks and filled in.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from isal import isal_zlib

from app.images.conversion.issues import ConversionError

ELEMENT_TYPES: dict[str, str] = {
    "int8": "MET_CHAR",
    "uint8": "MET_UCHAR",
    "int16": "MET_SHORT",
    "uint16": "MET_USHORT",
    "int32": "MET_INT",
    "uint32": "MET_UINT",
    "float32": "MET_FLOAT",
    "float64": "MET_DOUBLE",
}
CHUNK_BYTES = 1 << 20
LEVEL = 3
MEMORY = 9
WINDOW_BITS = 15
"""Of ISA-L: six times as fast as zlib's level 2 and as small on CT. On CT, MR and radiographs
level 3 is a tenth faster than level 1; little memory makes short blocks with better codes."""
THREADS = 2
_ADLER_MOD = 65521
_SIZE_WIDTH = 20

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class MetaImageHeader:
    """Geometry in LPS mm; `axes` holds one unit vector per image axis, in axis order.

    `size`, `spacing`, `origin` and `axes` have as many entries as the image has dimensions (2 to
    4; the fourth is time). `fields` are extra lines: plain words and numbers, never patient data.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    axes: tuple[tuple[float, ...], ...]
    dtype: np.dtype[Any]
    components: int = 1
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def pixel_bytes(self) -> int:
        """Bytes of all pixels, uncompressed."""
        count = self.components * self.dtype.itemsize
        for extent in self.size:
            count *= extent
        return count

    def render(self) -> tuple[bytes, int]:
        """Return the header and the offset of the reserved size field's value."""
        before = [
            "ObjectType = Image",
            f"NDims = {len(self.size)}",
            "BinaryData = True",
            "BinaryDataByteOrderMSB = False",
            "CompressedData = True",
            "CompressedDataSize = ",
        ]
        after = [
            f"TransformMatrix = {_row(value for axis in self.axes for value in axis)}",
            f"Offset = {_row(self.origin)}",
            f"CenterOfRotation = {_row([0.0] * len(self.size))}",
            *(["AnatomicalOrientation = RAI"] if len(self.size) > 2 else []),
            f"ElementSpacing = {_row(self.spacing)}",
            f"DimSize = {' '.join(map(str, self.size))}",
            *([f"ElementNumberOfChannels = {self.components}"] if self.components > 1 else []),
            *(f"{key} = {value}" for key, value in sorted(self.fields.items())),
            f"ElementType = {ELEMENT_TYPES[self.dtype.name]}",
            "ElementDataFile = LOCAL",
        ]
        head = "\n".join(before).encode("ascii")
        tail = " " * _SIZE_WIDTH + "\n" + "\n".join(after) + "\n"
        return head + tail.encode("ascii"), len(head)


def write_metaimage(path: Path, *, header: MetaImageHeader, blocks: Iterable[Array]) -> None:
    """Write `blocks` (C order, slowest axis first, together the whole image) to `path`.

    The file appears under its name only when it is complete. Raises InvalidHeader for a geometry
    that is not finite, TooLarge when the disk is full, and ValueError if the blocks do
    not add up to the header's size, which would be a fault of ours, never of the input.
    """
    if not all(map(math.isfinite, (*header.spacing, *header.origin, *sum(header.axes, ())))):
        raise ConversionError("InvalidHeader", "The geometry overflows: its numbers are too large.")
    partial = path.with_suffix(".partial")
    text, size_offset = header.render()
    try:
        with partial.open("wb") as file:
            file.write(text)
            written = _write_stream(file, blocks, dtype=header.dtype)
            if written != header.pixel_bytes:
                raise ValueError(f"{written} bytes of pixels, {header.pixel_bytes} announced")
            size = file.tell() - len(text)
            file.seek(size_offset)
            file.write(str(size).encode("ascii"))
        partial.replace(path)
    except OSError as error:
        raise ConversionError("TooLarge", "The image does not fit on the disk.") from error
    finally:
        partial.unlink(missing_ok=True)


def _write_stream(file: BinaryIO, blocks: Iterable[Array], *, dtype: np.dtype[Any]) -> int:
    """Write one zlib stream; return the number of bytes that went in."""
    file.write(b"\x78\x9c")
    checksum, total = 1, 0
    pending: deque[Future[tuple[bytes, int, int]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for chunk in _chunks(blocks, dtype=dtype):
            pending.append(pool.submit(_deflate, chunk))
            if len(pending) < THREADS * 3:
                continue
            checksum, total = _drain(file, pending, checksum, total)
        while pending:
            checksum, total = _drain(file, pending, checksum, total)
    end = _compressor()
    file.write(end.flush(zlib.Z_FINISH) + struct.pack(">I", checksum))
    return total


def _drain(
    file: BinaryIO, pending: deque[Future[tuple[bytes, int, int]]], checksum: int, total: int
) -> tuple[int, int]:
    data, part, length = pending.popleft().result()
    file.write(data)
    return combine_adler32(checksum, part, length), total + length


def _compressor() -> isal_zlib.Compress:
    return isal_zlib.compressobj(LEVEL, zlib.DEFLATED, -WINDOW_BITS, MEMORY)


def _deflate(chunk: bytes | memoryview) -> tuple[bytes, int, int]:
    stream = _compressor()
    data = stream.compress(chunk) + stream.flush(zlib.Z_SYNC_FLUSH)
    return data, isal_zlib.adler32(chunk), len(chunk)


def _chunks(blocks: Iterable[Array], *, dtype: np.dtype[Any]) -> Iterator[bytes | memoryview]:
    """Join small slices and cut large ones, so that each chunk is worth a thread's while."""
    gathered: list[bytes] = []
    held = 0
    for block in blocks:
        data = _little_endian_bytes(block, dtype=dtype)
        if not held and len(data) >= CHUNK_BYTES // 4:
            for start in range(0, len(data), CHUNK_BYTES):
                yield data[start : start + CHUNK_BYTES]
            continue
        gathered.append(bytes(data))
        held += len(data)
        if held >= CHUNK_BYTES // 4:
            yield b"".join(gathered)
            gathered, held = [], 0
    if gathered:
        yield b"".join(gathered)


def _little_endian_bytes(block: Array, *, dtype: np.dtype[Any]) -> memoryview:
    if block.dtype != dtype:
        raise ValueError(f"block of {block.dtype}, {dtype} announced")
    plain = np.ascontiguousarray(block, dtype=dtype.newbyteorder("<"))
    return memoryview(plain.reshape(-1).view(np.uint8).data)


def combine_adler32(first: int, second: int, second_length: int) -> int:
    """Adler-32 of two pieces put together, from the checksums of the pieces (zlib's formula)."""
    remainder = second_length % _ADLER_MOD
    low_first, low_second = first & 0xFFFF, second & 0xFFFF
    low = (low_first + low_second - 1) % _ADLER_MOD
    high = (first >> 16) + (second >> 16) + remainder * (low_first - 1)
    return ((high % _ADLER_MOD) << 16) | low


def _row(values: Iterable[float]) -> str:
    return " ".join(repr(float(value) + 0.0) for value in values)
