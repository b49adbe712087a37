"""Measure deflated data sets before anybody inflates them in one piece.

Deflated Explicit VR Little Endian compresses everything after the file meta group (PS3.5 section
A.5), and pydicom inflates it whole: a small file could ask for any amount of memory.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from app.images.conversion.issues import ConversionError

_SYNTAX = b"1.2.840.10008.1.2.1.99"
_META_START = 132
_STEP = 1 << 20


def check_deflated(path: Path, *, limit: int) -> None:
    """Raise TooLarge when a deflated data set has more than `limit` bytes; others pass."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
            if start[128:132] != b"DICM" or _SYNTAX not in start:
                return
            file.seek(_data_set_start(start))
            if _inflates_beyond(file, limit):
                raise ConversionError(
                    "TooLarge", f"The file inflates to more than {limit} bytes.", files=[path]
                )
    except OSError as error:
        raise ConversionError("Unreadable", "The file cannot be read.", files=[path]) from error


def _data_set_start(start: bytes) -> int:
    """Return where the file meta group ends, the start of the file if it makes no sense."""
    position = _META_START
    try:
        while start[position : position + 2] == b"\x02\x00":
            long = start[position + 4 : position + 6] in (b"OB", b"UN")
            form, skipped = ("<I", 8) if long else ("<H", 6)
            (length,) = struct.unpack_from(form, start, position + skipped)
            position += (12 if long else 8) + length
    except struct.error:
        return 0
    return position


def _inflates_beyond(file: BinaryIO, limit: int) -> bool:
    stream, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
    pending = file.read(_STEP)
    try:
        while pending and not stream.eof:
            total += len(stream.decompress(pending, _STEP))
            if total > limit:
                return True
            pending = stream.unconsumed_tail or file.read(_STEP)
    except zlib.error:
        return False  # damaged: the reader names it
    return False
