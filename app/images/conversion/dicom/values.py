"""From stored to real values: per-slice rescale, in the smallest type that holds them exactly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from app.images.conversion.dicom.frame import Frame
from app.images.conversion.dicom.pixels import PixelReader
from app.images.conversion.issues import ConversionError

Array = np.ndarray[Any, np.dtype[Any]]
_INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32")


def choose_dtype(frames: list[Frame], *, reader: PixelReader) -> np.dtype[Any]:
    """Return the element type for all frames of an image.

    Integers stay integers when slope and intercept are whole. If the range the header allows
    would need a wider type than the file's own, the values are looked at first, since an unsigned
    16 bit CT hardly ever needs 32 bits. Everything else becomes float32, or float64 when the
    stored values have more bits than a float32 holds exactly.
    """
    pixel_format = frames[0].instance.format
    bits_stored = max(frame.instance.format.bits_stored for frame in frames)
    if pixel_format.floating:
        return np.dtype(np.float32 if pixel_format.bits_allocated == 32 else np.float64)
    if not all(frame.slope == int(frame.slope) for frame in frames) or not all(
        frame.intercept == int(frame.intercept) for frame in frames
    ):
        return np.dtype(np.float32 if bits_stored <= 24 else np.float64)
    low, high = _allowed_range(frames)
    chosen = _smallest(low, high)
    if chosen is None or chosen.itemsize * 8 > max(pixel_format.bits_allocated, 8):
        chosen = _smallest(*_found_range(frames, reader=reader))
    if chosen is None:
        return np.dtype(np.float64)
    return chosen


def _allowed_range(frames: Iterable[Frame]) -> tuple[int, int]:
    bounds: list[int] = []
    for slope, intercept, low, high in {
        (frame.slope, frame.intercept, *frame.instance.format.stored_range) for frame in frames
    }:
        bounds += [int(slope) * low + int(intercept), int(slope) * high + int(intercept)]
    return min(bounds), max(bounds)


def _found_range(frames: Iterable[Frame], *, reader: PixelReader) -> tuple[int, int]:
    low, high = None, None
    for frame in frames:
        values = reader.read(frame)
        bounds = [
            int(frame.slope) * int(value) + int(frame.intercept)
            for value in (values.min(), values.max())
        ]
        low = min(bounds) if low is None else min(low, *bounds)
        high = max(bounds) if high is None else max(high, *bounds)
    return low or 0, high or 0


def _smallest(low: int, high: int) -> np.dtype[Any] | None:
    for name in _INTEGERS:
        info = np.iinfo(name)
        if info.min <= low and high <= info.max:
            return np.dtype(name)
    return None


def _shifted(values: Array, *, by: int, dtype: np.dtype[Any], in_place: bool) -> Array:
    """Add a number and return `dtype`, which has the width of `values` and holds the results.

    Modulo 2**n the sum is right whatever the signs. In place, a frame takes its memory once.
    """
    unsigned = np.dtype(f"u{dtype.itemsize}")
    bits = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("=")).view(unsigned)
    out = bits if in_place and bits.flags.writeable else None
    found: Array = np.add(bits, unsigned.type(by % (1 << 8 * dtype.itemsize)), out=out)
    return found.view(dtype)


def real_values(values: Array, *, frame: Frame, dtype: np.dtype[Any]) -> Array:
    """Apply the frame's rescale and return `dtype`. Raises InvalidRescale on overflow.

    `values` may be overwritten, unless they are a tile of a picture that is read again.
    """
    if frame.slope == 1.0 and frame.intercept == 0.0:
        return values.astype(dtype, copy=False)
    if dtype.kind in "iu" and frame.slope == 1.0 and values.itemsize == dtype.itemsize:
        return _shifted(values, by=int(frame.intercept), dtype=dtype, in_place=frame.tile is None)
    if dtype.kind in "iu":
        wide = values.astype(np.int64 if dtype.itemsize == 4 else np.int32)
        np.multiply(wide, int(frame.slope), out=wide)
        np.add(wide, int(frame.intercept), out=wide)
        return wide.astype(dtype)
    scaled = values.astype(np.float64) * frame.slope + frame.intercept
    with np.errstate(over="ignore"):
        result = scaled.astype(dtype)
    if not np.isfinite(result).all() and np.isfinite(values).all():
        raise ConversionError(
            "InvalidRescale",
            "The rescaled values are too large for a number.",
            files=[frame.instance.path],
            tag="(0028,1053)",
        )
    return result
