"""Pictures of an image's middle slice, for lists and for its page."""

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

EDGE = 96  # pixels, in lists
PREVIEW_EDGE = 512  # pixels, on the image's page


def picture_png(pixels: NDArray[Any], *, spacing: tuple[float, ...], edge: int) -> bytes | None:
    """Return a PNG of one slice, (y, x) or (y, x, 3), whose longer side has ``edge`` pixels.

    ``spacing`` is along x and y. Grey values are windowed between the 1st and 99th percentile of
    the slice's numbers; what is no number is black.
    """
    if pixels.size == 0:
        return None
    numbers = pixels[np.isfinite(pixels)]
    low, high = np.percentile(numbers, (1, 99)) if numbers.size else (0.0, 0.0)
    scale = 255.0 / (high - low) if high > low else 1.0
    small = _resized(pixels, spacing=spacing, edge=edge)
    shades = np.clip((small.astype(np.float32) - low) * scale, 0, 255)
    return bytes(imagecodecs.png_encode(np.nan_to_num(shades).astype(np.uint8)))


def _resized(pixels: NDArray[Any], *, spacing: tuple[float, ...], edge: int) -> NDArray[Any]:
    height, width = pixels.shape[0] * spacing[1], pixels.shape[1] * spacing[0]
    factor = edge / max(height, width)
    rows = _samples(pixels.shape[0], max(1, round(height * factor)))
    columns = _samples(pixels.shape[1], max(1, round(width * factor)))
    return np.ascontiguousarray(pixels[np.ix_(rows, columns)])


def _samples(length: int, count: int) -> NDArray[Any]:
    return ((np.arange(count) + 0.5) * length / count).astype(int).clip(0, length - 1)
