"""A small picture of an image, for lists."""

from pathlib import Path

import imagecodecs
import numpy as np
import SimpleITK as sitk

EDGE = 96  # pixels


def thumbnail_png(path: Path) -> bytes | None:
    """Return a PNG of the middle axial slice of a MetaImage, in its true proportions.

    Grey values are windowed between the 1st and 99th percentile of that slice's numbers; what is
    no number is black. Only the one slice is kept in memory beside the decompressed image.
    ``None`` when there is nothing to show.
    """
    pixels, spacing = _middle_slice(path)
    if pixels.size == 0:
        return None
    numbers = pixels[np.isfinite(pixels)]
    low, high = np.percentile(numbers, (1, 99)) if numbers.size else (0.0, 0.0)
    scale = 255.0 / (high - low) if high > low else 1.0
    shades = np.clip((pixels.astype(np.float32) - low) * scale, 0, 255)
    picture = np.nan_to_num(shades).astype(np.uint8)
    return bytes(imagecodecs.png_encode(_resized(picture, spacing)))


def _middle_slice(path: Path) -> tuple[np.ndarray, tuple[float, float]]:
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    size = list(reader.GetSize())
    spacing = reader.GetSpacing()
    start = [0] * len(size)
    extent = list(size)
    for axis in range(2, len(size)):
        start[axis] = size[axis] // 2 if axis == 2 else 0
        extent[axis] = 1
    reader.SetExtractIndex(start)
    reader.SetExtractSize(extent)
    array = sitk.GetArrayFromImage(reader.Execute())
    rows, columns = size[1], size[0]
    components = reader.GetNumberOfComponents()
    shape = (rows, columns, components) if components > 1 else (rows, columns)
    return array.reshape(shape), (spacing[1], spacing[0])


def _resized(picture: np.ndarray, spacing: tuple[float, float]) -> np.ndarray:
    height, width = picture.shape[0] * spacing[0], picture.shape[1] * spacing[1]
    factor = EDGE / max(height, width)
    rows = _samples(picture.shape[0], max(1, round(height * factor)))
    columns = _samples(picture.shape[1], max(1, round(width * factor)))
    return np.ascontiguousarray(picture[np.ix_(rows, columns)])


def _samples(length: int, count: int) -> np.ndarray:
    return ((np.arange(count) + 0.5) * length / count).astype(int).clip(0, length - 1)
