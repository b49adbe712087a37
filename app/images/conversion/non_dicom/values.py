"""From stored values to those of the image, block by block, in the smallest type that is exact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from app.images.conversion.non_dicom.claim import Claim
from app.images.conversion.non_dicom.streaming import PixelStream

Array = np.ndarray[Any, np.dtype[Any]]
_INTEGERS = ("uint8", "int16", "uint16", "int32", "uint32")


def output_type(claim: Claim) -> np.dtype[Any]:
    """Return the type of the image's values; reads all pixels once where their range decides.

    Whole numbers stay whole when slope and intercept are. Raises UnsupportedPixelFormat for
    numbers beyond 32 bits.
    """
    stored = claim.dtype.newbyteorder("<")
    if stored.kind == "f":
        return stored
    if not claim.rescaled and stored.itemsize < 8:
        return stored
    if not (claim.slope.is_integer() and claim.intercept.is_integer()):
        return np.dtype(np.float32 if stored.itemsize <= 2 else np.float64)
    low, high = _range(claim)
    for name in _INTEGERS:
        if np.iinfo(name).min <= low and high <= np.iinfo(name).max:
            return np.dtype(name)
    raise claim.error("UnsupportedPixelFormat", "The values need more than 32 bits.")


def _range(claim: Claim) -> tuple[int, int]:
    lows, highs = [], []
    for block in PixelStream(claim).blocks():
        lows.append(int(block.min()))
        highs.append(int(block.max()))
    ends = [int(claim.slope) * end + int(claim.intercept) for end in (min(lows), max(highs))]
    return min(ends), max(ends)


def converted(claim: Claim, stream: PixelStream, *, dtype: np.dtype[Any]) -> Iterator[Array]:
    """Yield the image's values; of four colors the first three."""
    for block in stream.blocks():
        values = block
        if claim.components == 4:
            values = block.reshape(-1, 4)[:, :3]
        if claim.rescaled:
            values = _rescaled(values, claim, whole=dtype.kind != "f")
        yield values.astype(dtype, copy=False)


def _rescaled(values: Array, claim: Claim, *, whole: bool) -> Array:
    if whole:
        return values.astype(np.int64) * int(claim.slope) + int(claim.intercept)
    return values.astype(np.float64) * claim.slope + claim.intercept
