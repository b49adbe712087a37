"""PNG by its chunks (PNG specification, section 5)."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.exif import orientation_of, orientation_only
from app.images.deidentify.report import Report

_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"}
)
_SIZES: Final = {b"IHDR": 13, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"IEND": 0}
_NAMES: Final = {
    b"tEXt": "text",
    b"zTXt": "text",
    b"iTXt": "text",
    b"eXIf": "Exif",
    b"tIME": "time",
    b"iCCP": "color profile",
}


def stripped_png(data: bytes, report: Report) -> bytes:
    """Return the PNG with its picture, palette, transparency, density and orientation."""
    parts, orientation, position = [data[:8]], 1, 8
    while True:
        if position + 12 > len(data):
            raise DeidentificationError("Unreadable", "The PNG ends early.")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise DeidentificationError("Unreadable", "A chunk of the PNG is longer than the file.")
        body = data[position + 8 : end - 4]
        position = end
        if kind == b"eXIf":
            orientation = orientation_of(body, default=orientation)
        if kind in _KEPT and _SIZES.get(kind, length) == length:
            parts.append(_chunk(kind, body))
        else:
            report.add(_NAMES.get(kind, "extra chunk"), "removed", "metadata")
        if kind == b"IEND":
            break
    if len(data) > position:
        report.add("data after the picture", "removed", "metadata")
    if orientation != 1:
        report.add("Orientation", "kept", "needed")
        parts.insert(2, _chunk(b"eXIf", orientation_only(orientation)))
    return b"".join(parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))
