"""JPEG by its segments (ITU T.81 annex B): pixels are copied, never compressed again."""

from __future__ import annotations

import struct
from typing import Final

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.exif import orientation_of, orientation_only
from app.images.deidentify.report import Report

_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAME: Final = frozenset(range(0xC0, 0xD0)) | {0xDB, 0xDD, 0xDC, 0xDA, 0xF7, 0xF8}
_APP0, _APP1, _APP8, _APP14, _SOS, _EOI = 0xE0, 0xE1, 0xE8, 0xEE, 0xDA, 0xD9


def stripped_jpeg(data: bytes, report: Report) -> bytes:
    """Return the JPEG with nothing but frame, tables, scans, density and orientation."""
    parts = [b"\xff\xd8"]
    orientation, position = 1, 2
    while True:
        marker, position = _next_marker(data, position)
        if marker == _EOI:
            break
        if marker in _STANDALONE:
            parts.append(bytes((0xFF, marker)))
            continue
        start, end = _segment(data, position)
        body = data[start:end]
        if marker == _APP1 and body[:6] == b"Exif\0\0":
            orientation = orientation_of(body[6:], default=orientation)
        kept = _kept(marker, body)
        if kept is None:
            report.add(_name(marker, body), "removed", "metadata")
        else:
            parts.append(struct.pack(">BBH", 0xFF, marker, len(kept) + 2) + kept)
        position = end
        if marker == _SOS:
            scan_end = _scan_end(data, end)
            parts.append(data[end:scan_end])
            position = scan_end
    if len(data) > position:
        report.add("data after the picture", "removed", "metadata")
    if orientation != 1:
        report.add("Orientation", "kept", "needed")
        body = b"Exif\0\0" + orientation_only(orientation)
        parts.insert(1, struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body)
    return b"".join([*parts, b"\xff\xd9"])


def _next_marker(data: bytes, position: int) -> tuple[int, int]:
    if data[position : position + 1] != b"\xff":
        raise DeidentificationError("Unreadable", "The JPEG is damaged or ends early.")
    while data[position : position + 1] == b"\xff":
        position += 1
    if position >= len(data):
        raise DeidentificationError("Unreadable", "The JPEG ends early.")
    return data[position], position + 1


def _segment(data: bytes, position: int) -> tuple[int, int]:
    if position + 2 > len(data):
        raise DeidentificationError("Unreadable", "The JPEG ends early.")
    (length,) = struct.unpack_from(">H", data, position)
    if length < 2 or position + length > len(data):
        raise DeidentificationError("Unreadable", "A segment of the JPEG is longer than the file.")
    return position + 2, position + length


def _kept(marker: int, body: bytes) -> bytes | None:
    """Return what stays of a segment, None when it goes."""
    if marker in _FRAME:
        return body
    if marker == _APP0 and body[:5] == b"JFIF\0" and len(body) >= 14:
        return body[:12] + b"\0\0"  # the density, no thumbnail
    if marker == _APP8 and body[:4] == b"mrfx" and len(body) == 5:
        return body  # the color transform of JPEG-LS
    if marker == _APP14 and body[:5] == b"Adobe" and len(body) >= 12:
        return body[:12]  # says how colors are transformed
    return None


def _name(marker: int, body: bytes) -> str:
    if marker == 0xFE:
        return "comment"
    if marker == _APP1:
        return "Exif" if body[:4] == b"Exif" else "XMP"
    names = {0xE0: "thumbnail", 0xE2: "color profile", 0xED: "IPTC"}
    return names.get(marker, f"application segment {marker & 0xF}")


def _scan_end(data: bytes, position: int) -> int:
    """Return where the entropy-coded data ends: at a marker other than stuffing and restart.

    JPEG stuffs a zero behind 255, JPEG-LS a bit, so that what follows is below 128.
    """
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 1 >= len(data):
            raise DeidentificationError("Unreadable", "The JPEG ends in the middle of a scan.")
        following = data[position + 1]
        if following == 0xFF:
            position += 1
        elif following < 0x80 or following in _STANDALONE:
            position += 2
        else:
            return position
