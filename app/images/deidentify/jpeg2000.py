"""JPEG 2000 codestreams by their segments (ITU T.800 annex A): pixels are copied as they are."""

from __future__ import annotations

import struct

from app.images.deidentify.errors import DeidentificationError

_START, _SIZE, _END = b"\xff\x4f", b"\xff\x51", b"\xff\xd9"
_COMMENT, _TILE, _DATA = 0xFF64, 0xFF90, 0xFF93


def stripped_jpeg_2000(data: bytes) -> bytes:
    """Return the codestream without comments and without what stands around it.

    A file format around it (JP2) goes with its boxes: what DICOM needs is in the data set. Comments
    of tile-parts become zeros, so that no length changes. Raises DeidentificationError.
    """
    start = data.find(_START + _SIZE)
    if start < 0 or (start and data[4:8] != b"jP  "):
        raise _unreadable()
    parts, position = [_START], start + 2
    try:
        while (found := _segment(data, position))[0] != _TILE:
            marker, end = found
            parts += [data[position:end]] if marker != _COMMENT else []
            position = end
        while data[position : position + 2] != _END:
            part, position = _tile_part(data, position)
            parts.append(part)
    except struct.error as error:
        raise _unreadable() from error
    return b"".join([*parts, _END])


def _segment(data: bytes, position: int) -> tuple[int, int]:
    """Return the marker of a segment and where that ends."""
    marker, length = struct.unpack_from(">HH", data, position)
    end = position + 2 + length
    if marker < 0xFF00 or length < 2 or end > len(data):
        raise _unreadable()
    return marker, end


def _tile_part(data: bytes, start: int) -> tuple[bytes, int]:
    """Return a tile-part with its comments blanked, and where it ends."""
    marker, position = _segment(data, start)
    (length,) = struct.unpack_from(">I", data, start + 6)
    end = start + length if length else data.rfind(_END)
    if marker != _TILE or not position < end <= len(data):
        raise _unreadable()
    part = bytearray(data[start:end])
    while struct.unpack_from(">H", data, position)[0] != _DATA:
        marker, following = _segment(data, position)
        if following > end:
            raise _unreadable()
        if marker == _COMMENT:
            part[position + 4 - start : following - start] = bytes(following - position - 4)
        position = following
    return bytes(part), end


def _unreadable() -> DeidentificationError:
    return DeidentificationError("Unreadable", "The JPEG 2000 frame is damaged or ends early.")
