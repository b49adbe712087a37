"""PNG and JPEG pictures: flat images without patient geometry.

Their dots per inch describe a print-out or a screen, not a patient, so their spacing is never
taken for millimetres of the object.
"""

from __future__ import annotations

import struct
from pathlib import Path

from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.limits import Limits
from app.images.conversion.model import Group
from app.images.conversion.resident.claim import Claim

_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


def inspect_picture(path: Path, *, limits: Limits) -> Group:
    """Return the group of one picture, its size checked before it is decoded."""
    with path.open("rb") as file:
        start = file.read(1 << 20)
    png = start[:4] == b"\x89PNG"
    claim = _png(path, start) if png else _jpeg(path, start)
    if claim.pixel_bytes > limits.frame_bytes:
        raise claim.error("TooLarge", f"The picture takes {claim.pixel_bytes} bytes.")
    return Group("flat", (path,), format="PNG" if png else "JPEG", remarks=list(claim.remarks))


def exif_orientation(path: Path) -> int:
    """Return the EXIF orientation of a JPEG, 1 to 8; 1 when it states none."""
    with path.open("rb") as file:
        start = file.read(1 << 17)
    for marker, begin, end in _jpeg_segments(start):
        if marker == 0xE1 and start[begin : begin + 6] == b"Exif\0\0":
            return _tiff_orientation(start[begin + 6 : end])
    return 1


def _png(path: Path, start: bytes) -> Claim:
    try:
        width, height, depth, color = struct.unpack_from(">IIBB", start, 16)
        channels = _PNG_CHANNELS[color]
    except (struct.error, KeyError) as error:
        raise _invalid(path, "PNG") from error
    if start[12:16] != b"IHDR" or not width or not height:
        raise _invalid(path, "PNG")
    return Claim(
        (path,), (width, height), channels, 2 if depth == 16 else 1, None, remarks=_REMARKS
    )


def _jpeg(path: Path, start: bytes) -> Claim:
    for marker, begin, end in _jpeg_segments(start):
        if marker in _FRAME_MARKERS and end - begin >= 6:
            bits, height, width, channels = struct.unpack_from(">BHHB", start, begin)
            if bits != 8 or channels not in (1, 3) or not width or not height:
                raise ConversionError(
                    "UnsupportedMode",
                    f"JPEG pictures with {channels} channels of {bits} bits are not supported.",
                    files=[path],
                )
            if not _jpeg_ends(path):
                raise ConversionError("TruncatedPixelData", "The picture ends early.", files=[path])
            return Claim((path,), (width, height), channels, 1, None, remarks=_REMARKS)
    raise _invalid(path, "JPEG")


def _jpeg_ends(path: Path) -> bool:
    """Tell whether the end marker is there: decoders paint the rest gray without a word."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return b"\xff\xd9" in file.read()


_REMARKS = (Remark("NoSpacing", "A picture does not state the size of a pixel in the patient."),)


def _jpeg_segments(start: bytes) -> list[tuple[int, int, int]]:
    """Return marker, begin and end of the segments up to the scan (ITU T.81 annex B)."""
    segments: list[tuple[int, int, int]] = []
    position = 2
    while position + 4 <= len(start) and start[position] == 0xFF:
        marker = start[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        (length,) = struct.unpack_from(">H", start, position + 2)
        if marker == 0xDA or length < 2:
            break
        segments.append((marker, position + 4, position + 2 + length))
        position += 2 + length
    return segments


def _tiff_orientation(data: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, directory)
        for entry in range(min(count, 256)):
            tag, _, _, value = struct.unpack_from(order + "HHIH", data, directory + 2 + 12 * entry)
            if tag == 0x0112:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _invalid(path: Path, kind: str) -> ConversionError:
    return ConversionError("InvalidHeader", f"The {kind} header is damaged.", files=[path])
