"""Straighten slices that are stacked obliquely (gantry tilt), one slice at a time.

Every slice is moved within its own plane to where a straight stack has it: linear interpolation
along the rows and columns that are sheared, nothing across slices. The grid grows by the shift of
the last slice, so no pixel is lost. LPS mm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.images.conversion.dicom.frame import Frame, Triple
from app.images.conversion.dicom.values import real_values
from app.images.conversion.dicom.vectors import along, difference, dot

Array = np.ndarray[Any, np.dtype[Any]]
_NOISE_PIXELS = 1e-4


@dataclass(frozen=True, slots=True)
class Shear:
    """How an oblique stack becomes a straight one.

    `origin` is the center of the first pixel of the new grid, `columns` and `rows` its size; the
    slices lay `degrees` off their normal. `axes` and `pixel` (between columns, between rows) are
    those of the stack.
    """

    degrees: float
    origin: Triple
    columns: int
    rows: int
    axes: tuple[Triple, Triple, Triple]
    pixel: tuple[float, float]

    def straighten(
        self, values: Array, *, frame: Frame, padding: float, own_padding: bool
    ) -> Array:
        """Return the slice on the new grid, of the same type.

        What lies outside the slice becomes `padding`. With `own_padding` pixels of that value
        count as outside, too, and are not mixed with their neighbors.
        """
        work = np.float32 if values.dtype.itemsize <= 2 else np.float64
        if values.dtype == np.float32:
            work = np.float32
        moved = values.astype(work)
        if own_padding:
            moved[values == padding] = np.nan
        right, down = _offset(frame, self.origin, self.axes, self.pixel)
        moved = _shifted(moved.T, right, self.columns).T
        moved = _shifted(moved, down, self.rows)
        moved[np.isnan(moved)] = padding
        if values.dtype.kind in "iu":
            np.rint(moved, out=moved)
        return np.ascontiguousarray(moved.astype(values.dtype))


def plan_shear(
    frames: Iterable[Frame],
    *,
    first: Triple,
    axes: tuple[Triple, Triple, Triple],
    pixel: tuple[float, float],
    degrees: float,
) -> Shear:
    """Return the smallest straight grid that holds all frames; `first` is on its lowest plane."""
    frames = list(frames)
    offsets = [_offset(frame, first, axes, pixel) for frame in frames]
    left, right = _whole_range([offset[0] for offset in offsets])
    top, bottom = _whole_range([offset[1] for offset in offsets])
    origin = along(along(first, axes[0], left * pixel[0]), axes[1], top * pixel[1])
    return Shear(
        degrees=degrees,
        origin=origin,
        columns=frames[0].columns + right - left,
        rows=frames[0].rows + bottom - top,
        axes=axes,
        pixel=pixel,
    )


def lowest_value(blocks: Iterable[Array]) -> float:
    """Return the lowest value of an image (air, in a CT), NaN if it holds any."""
    lowest = [float(block.min()) for block in blocks]
    return math.nan if any(math.isnan(value) for value in lowest) else min(lowest)


def straightened(
    shear: Shear, frames: list[Frame], blocks: Iterable[Array], *, lowest: float
) -> Iterator[Array]:
    """Straighten the real values of each frame; what is new takes PixelPaddingValue or `lowest`."""
    for frame, values in zip(frames, blocks, strict=True):
        own = _padding_value(frame, values.dtype)
        yield shear.straighten(
            values,
            frame=frame,
            padding=lowest if own is None else own,
            own_padding=own is not None,
        )


def _padding_value(frame: Frame, dtype: np.dtype[Any]) -> float | None:
    """Return the real value of padding pixels, None if none is stated or the type has no room."""
    if frame.instance.padding is None:
        return None
    if dtype.kind in "iu":
        value = int(frame.slope) * frame.instance.padding + int(frame.intercept)
        return float(value) if np.iinfo(dtype).min <= value <= np.iinfo(dtype).max else None
    stored = np.array([frame.instance.padding])
    return float(real_values(stored, frame=frame, dtype=dtype)[0])


def _offset(
    frame: Frame, start: Triple, axes: tuple[Triple, Triple, Triple], pixel: tuple[float, float]
) -> tuple[float, float]:
    """Return how many pixels the slice lies right of and below `start`."""
    assert frame.position is not None  # noqa: S101 (a stack has positions)
    moved = difference(frame.position, start)
    return dot(moved, axes[0]) / pixel[0], dot(moved, axes[1]) / pixel[1]


def _whole_range(offsets: list[float]) -> tuple[int, int]:
    return (
        math.floor(min(offsets) + _NOISE_PIXELS),
        math.ceil(max(offsets) - _NOISE_PIXELS),
    )


def _shifted(values: Array, offset: float, length: int) -> Array:
    """Move along the first axis by `offset` pixels into `length`; NaN marks what is not known.

    Where one of the two neighbors of a new pixel is not known, the nearer one decides.
    """
    whole = math.floor(offset + _NOISE_PIXELS)
    part = max(offset - whole, 0.0)
    if part <= _NOISE_PIXELS:
        return _placed(values, whole, length)
    upper, lower = _placed(values, whole, length), _placed(values, whole + 1, length)
    mixed = upper * values.dtype.type(1 - part) + lower * values.dtype.type(part)
    nearer = upper if part <= 0.5 else lower
    return np.where(np.isnan(mixed), nearer, mixed)


def _placed(values: Array, start: int, length: int) -> Array:
    """Put the values at `start` into NaN of `length` along the first axis; the rest is cut."""
    placed = np.full((length, *values.shape[1:]), np.nan, dtype=values.dtype)
    skip = max(-start, 0)
    begin = max(start, 0)
    count = max(min(len(values) - skip, length - begin), 0)
    placed[begin : begin + count] = values[skip : skip + count]
    return placed
