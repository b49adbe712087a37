"""One frame of a stored image as a picture, for the person who reviews it."""

from itertools import islice

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from app.core.errors import NotFound
from app.core.storage import get_store
from app.images.models import Image, ImageFile
from app.images.slices.metaimage import header_of, slices_of


def frame_count(image: Image) -> int:
    """Return how many frames an image has: slices times time points."""
    return int(image.size[2] * image.timepoints)


def frame_png(image: Image, *, number: int, faint: bool = False) -> bytes:
    """Return frame ``number`` (from 0) as PNG, pixel for pixel; what follows it is not fetched.

    Grey values are spread over those of the frame; ``faint`` spreads them by rank, so that text
    that differs from its surroundings by one grey value shows as well. Raises `NotFound`.
    """
    file = image.files.filter(kind=ImageFile.Kind.MHA).first()
    if file is None or not 0 <= number < frame_count(image):
        raise NotFound
    with get_store().open(file.key) as stored:
        pixels = next(islice(slices_of(stored, header_of(stored)), number, None), None)
    if pixels is None:
        raise NotFound
    shown = _by_rank(pixels) if faint else _spread(pixels)
    if image.photometric == "MONOCHROME1" and pixels.ndim == 2:
        shown = 255 - shown
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(shown)))


def _spread(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8)
    numbers = pixels[np.isfinite(pixels)]
    low, high = np.percentile(numbers, (0.5, 99.5)) if numbers.size else (0.0, 0.0)
    scale = 255.0 / (high - low) if high > low else 1.0
    shades = np.clip((pixels.astype(np.float64) - low) * scale, 0, 255)
    return np.nan_to_num(shades).astype(np.uint8)


def _by_rank(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Give neighboring values that occur shades as far apart as there is room for."""
    values, places = np.unique(np.nan_to_num(pixels), return_inverse=True)
    shades = np.linspace(0, 255, max(2, len(values))).astype(np.uint8)
    return shades[places].reshape(pixels.shape)
