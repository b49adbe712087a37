"""Pictures (PNG, JPEG, flat TIFF): what their headers claim, before a pixel is decoded.

They have no patient geometry. Their spacing is what they state with a unit; 72 and 96 dots per
inch are what programs write that do not know.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.limits import Limits
from app.images.conversion.model import Group
from app.images.conversion.non_dicom.flat_tiff import Page, tiff_pages
from app.images.conversion.non_dicom.tiff_header import exif_directory

_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_INCH = 25.4
_ASSUMED_DPI = (72.0, 96.0)
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
Spacing = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture claims. `spacing` in mm along x and y as the pixels are stored."""

    format: str
    width: int
    height: int
    pages: int
    pixel_bytes: int
    spacing: Spacing | None = None
    orientation: int = 1
    page: Page | None = None

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is to be said of the spacing."""
        if self.spacing is None:
            return (Remark("NoSpacing", "The picture does not state the size of a pixel."),)
        if any(math.isclose(_INCH / self.spacing[0], dpi, rel_tol=0.01) for dpi in _ASSUMED_DPI):
            dpi = round(_INCH / self.spacing[0])
            said = f"The picture states {dpi} dots per inch, which programs write by default."
            return (Remark("NoSpacing", said),)
        if self.pages > 1:
            return (Remark("NoSpacing", "The distance between the pages is not stated."),)
        return (Remark("PictureSpacing", "The size of a pixel is the one the picture states."),)


def inspect_picture(path: Path, *, limits: Limits) -> Group:
    """Return the group of one picture.

    Raises InvalidHeader, UnsupportedMode, UnsupportedFormat, TruncatedPixelData, TooLarge or, for
    a TIFF of tiles or several resolutions, WholeSlide.
    """
    return Group("flat", (path,), format=picture_of(path, limits=limits).format)


def picture_of(path: Path, *, limits: Limits) -> Picture:
    """Return what the picture claims, its size checked; raises as `inspect_picture`."""
    with path.open("rb") as file:
        start = file.read(1 << 20)
    if start.startswith(b"\x89PNG"):
        picture = _png(path, start)
    elif start.startswith(_JPEG):
        picture = _jpeg(path, start)
    else:
        picture = _tiff(path)
    if picture.pixel_bytes > limits.frame_bytes:
        raise ConversionError(
            "TooLarge", f"The picture takes {picture.pixel_bytes} bytes.", files=[path]
        )
    return picture


def _png(path: Path, start: bytes) -> Picture:
    if not start.startswith(_PNG):
        raise ConversionError(
            "InvalidHeader",
            "The PNG was changed on its way, as text is: its line ends were converted.",
            files=[path],
        )
    try:
        width, height, depth, color = struct.unpack_from(">IIBB", start, 16)
        channels = _PNG_CHANNELS[color]
    except (struct.error, KeyError) as error:
        raise _invalid(path, "PNG") from error
    if start[12:16] != b"IHDR" or not width or not height:
        raise _invalid(path, "PNG")
    chunks = dict(_png_chunks(start))
    directory = exif_directory(chunks.get(b"eXIf", b""))
    return Picture(
        "PNG", width, height, 1, width * height * channels * (2 if depth == 16 else 1),
        spacing=_png_spacing(chunks.get(b"pHYs", b"")),
        orientation=directory.orientation if directory else 1,
    )  # fmt: skip


def _png_chunks(start: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks before the pixels (PNG 1.2, section 3)."""
    position = 8
    while position + 8 <= len(start):
        length, kind = struct.unpack_from(">I4s", start, position)
        if kind == b"IDAT":
            return
        yield kind, start[position + 8 : position + 8 + length]
        position += 12 + length


def _png_spacing(data: bytes) -> Spacing | None:
    """Return mm per pixel from pixels per meter."""
    if len(data) != 9 or data[8] != 1:
        return None
    x, y = struct.unpack(">II", data[:8])
    return (1000.0 / x, 1000.0 / y) if x and y else None


def _jpeg(path: Path, start: bytes) -> Picture:
    segments = _jpeg_segments(start)
    for marker, begin, end in segments:
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
            picture = Picture("JPEG", width, height, 1, width * height * channels)
            return _with_segments(picture, start, segments)
    raise _invalid(path, "JPEG")


def _with_segments(picture: Picture, start: bytes, segments: list[tuple[int, int, int]]) -> Picture:
    """Add what JFIF and, where that is silent, EXIF say about size and orientation."""
    for marker, begin, end in segments:
        data = start[begin:end]
        if marker == 0xE0 and data[:5] == b"JFIF\0" and len(data) >= 12:
            unit, x, y = struct.unpack_from(">BHH", data, 7)
            scale = {1: _INCH, 2: 10.0}.get(unit)
            if scale and x and y:
                picture = replace(picture, spacing=(scale / x, scale / y))
        elif marker == 0xE1 and data[:6] == b"Exif\0\0":
            directory = exif_directory(data[6:])
            if directory:
                spacing = picture.spacing or directory.spacing
                picture = replace(picture, orientation=directory.orientation, spacing=spacing)
    return picture


def _jpeg_ends(path: Path) -> bool:
    """Tell whether the end marker is there: decoders paint the rest gray without a word."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return b"\xff\xd9" in file.read()


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


def _tiff(path: Path) -> Picture:
    pages = tiff_pages(path)
    page = pages[0]
    return Picture(
        "TIFF", page.width, page.height, len(pages), page.pixel_bytes * len(pages),
        spacing=page.spacing, orientation=page.orientation, page=page,
    )  # fmt: skip


def _invalid(path: Path, kind: str) -> ConversionError:
    return ConversionError("InvalidHeader", f"The {kind} header is damaged.", files=[path])
