"""What a compressed frame says about its own size, read before a decoder believes it.

Decoders allocate what the stream claims, not what the DICOM header says. JPEG and JPEG-LS state the
size in a start-of-frame segment (ITU T.81 section B.2.2, T.87 section C.2.2), JPEG 2000 and HTJ2K
in the SIZ segment (T.800 section A.5.1), maybe inside a JP2 file.
"""

from __future__ import annotations

import struct

_FRAME_STARTS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_MAX_SEGMENTS = 4096
_SIZ_WINDOW = 4096


def declared_size(data: bytes) -> tuple[int, int, int] | None:
    """Return rows, columns and components of a compressed frame, None if they are not found."""
    try:
        if data[:2] == b"\xff\xd8":
            return _jpeg_size(data)
        start = data[:_SIZ_WINDOW].find(b"\xff\x4f\xff\x51")
        return None if start < 0 else _jpeg_2000_size(data, start)
    except (struct.error, IndexError):
        return None


def _jpeg_size(data: bytes) -> tuple[int, int, int] | None:
    position = 2
    for _ in range(_MAX_SEGMENTS):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in _STANDALONE:
            position += 2
        elif marker in _FRAME_STARTS:
            rows, columns, components = struct.unpack_from(">HHB", data, position + 5)
            return rows, columns, components
        else:
            position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return None


def _jpeg_2000_size(data: bytes, start: int) -> tuple[int, int, int]:
    right, bottom, left, top = struct.unpack_from(">IIII", data, start + 8)
    (components,) = struct.unpack_from(">H", data, start + 40)
    return bottom - top, right - left, components
