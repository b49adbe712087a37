"""What pixel data carries besides pixels: drawings in spare bits, comments between frames."""

from __future__ import annotations

import math
import struct
from typing import Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.tag import BaseTag

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.jpeg import stripped_jpeg
from app.images.deidentify.jpeg2000 import stripped_jpeg_2000
from app.images.deidentify.report import Report

_JPEG: Final = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70, 80, 81))
_JPEG_2000: Final = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 202, 203))
_GROUPS: Final = range(0x6000, 0x6020, 2)


def hide_embedded_overlays(dataset: Dataset) -> None:
    """Clear the unused bits of pixels that an old overlay is drawn in (PS3.3 section C.9.2).

    Overlays go, so the drawing must, which may be writing. Compressed pixels have no spare bits.
    """
    positions = set()
    for group in _GROUPS:
        position = BaseTag(group << 16 | 0x0102)
        if position in dataset and BaseTag(group << 16 | 0x3000) not in dataset:
            positions.add(_number(dataset, position))
    element = dataset.get("PixelData")
    if not positions or not isinstance(element, bytes):
        return
    allocated, stored = _number(dataset, "BitsAllocated"), _number(dataset, "BitsStored")
    high = _number(dataset, "HighBit")
    if dataset["PixelData"].is_undefined_length or allocated not in (8, 16, 32):
        return
    used = range(high - stored + 1, high + 1)
    clear = sum(1 << bit for bit in positions if 0 <= bit < allocated and bit not in used)
    _, little = dataset.original_encoding
    kind = np.dtype(f"{'<' if little in (True, None) else '>'}u{allocated // 8}")
    if clear and len(element) % kind.itemsize == 0:
        pixels = np.frombuffer(element, dtype=kind) & kind.type((1 << allocated) - 1 - clear)
        dataset["PixelData"].value = pixels.astype(kind).tobytes()


def cut_trailing_bytes(dataset: Dataset) -> None:
    """Leave out what stands behind the last pixel of uncompressed pixel data; the pad is zero."""
    data = dataset.get("PixelData")
    if not isinstance(data, bytes) or dataset["PixelData"].is_undefined_length:
        return
    half = str(dataset.get("PhotometricInterpretation", "")) == "YBR_FULL_422"
    samples = 2 if half else max(_number(dataset, "SamplesPerPixel"), 1)
    sizes = [_number(dataset, name) for name in ("Rows", "Columns", "BitsAllocated")]
    frames = max(_number(dataset, "NumberOfFrames"), 1)
    needed = (math.prod(sizes) * samples * frames + 7) // 8
    if min(sizes) > 0 and len(data) > needed:
        dataset["PixelData"].value = data[:needed] + bytes(needed % 2)


def strip_compressed_comments(dataset: Dataset, syntax: str) -> bool:
    """Take comments and application segments out of compressed frames; tell whether there were any.

    Nothing is compressed again. Raises DeidentificationError for frames that cannot be parsed: a
    decoder may forgive more than we do, and then a comment would stay.
    """
    strip = _strip_jpeg if syntax in _JPEG else stripped_jpeg_2000 if syntax in _JPEG_2000 else None
    data = dataset.get("PixelData")
    if strip is None or not isinstance(data, bytes):
        return False
    offsets = dataset.get("ExtendedOffsetTable")
    lengths = dataset.get("ExtendedOffsetTableLengths")
    count = max(_number(dataset, "NumberOfFrames"), 1)
    try:
        frames = list(
            generate_frames(
                data,
                number_of_frames=count,
                extended_offsets=(offsets, lengths) if offsets and lengths else None,
            )
        )
    except (ValueError, struct.error, TypeError) as error:
        raise DeidentificationError("Unreadable", "The frames cannot be told apart.") from error
    clean = [_unless_padded(frame, strip(frame)) for frame in frames]
    if clean == frames:
        return False
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in dataset:
            del dataset[keyword]
    dataset["PixelData"].value = encapsulate(clean, has_bot=len(clean) > 1)
    return True


def _strip_jpeg(frame: bytes) -> bytes:
    return stripped_jpeg(frame, Report())


def _unless_padded(frame: bytes, clean: bytes) -> bytes:
    """Return the clean frame, or the one there was where that has but zeros more."""
    return frame if frame[: len(clean)] == clean and not any(frame[len(clean) :]) else clean


def _number(dataset: Dataset, name: BaseTag | str) -> int:
    try:
        return int(dataset[name].value)
    except Exception:  # noqa: BLE001 (what cannot be read has no value)
        return -1
