"""Blacken parts of a picture that a person found something written in."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRLittleEndian

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.profile import CLEAN_PIXEL_DATA

Rectangle = tuple[int, int, int, int]
Array = np.ndarray[Any, np.dtype[Any]]
_MOST_BYTES: Final = 4 << 30
_PALETTES: Final = tuple(
    f"{color}PaletteColorLookupTableData" for color in ("Red", "Green", "Blue")
)


def mask(dataset: Dataset, rectangles: Iterable[Rectangle]) -> None:
    """Blacken rectangles (x, y, width, height in pixels from the top left) in every frame.

    The pixels are stored uncompressed afterwards (Explicit VR Little Endian), BurnedInAnnotation
    says NO and the code of the Clean Pixel Data Option is added. Rectangles may reach over the
    edge, but not lie outside. Raises DeidentificationError; the data set is then unchanged in its
    pixels.
    """
    chosen = list(rectangles)
    if "PixelData" not in dataset:
        raise DeidentificationError("NoPixels", "The object has no pixel data.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _mask(dataset, chosen)
    except (DeidentificationError, MemoryError):
        raise
    except Exception as error:
        raise DeidentificationError(
            "DecodeFailed", f"The pixels cannot be decoded ({type(error).__name__})."
        ) from error


def _mask(dataset: Dataset, rectangles: list[Rectangle]) -> None:
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    frames = int(dataset.get("NumberOfFrames") or 1)
    samples = int(dataset.get("SamplesPerPixel") or 1)
    allocated = int(dataset.BitsAllocated)
    if rows * columns * frames * samples * max(allocated // 8, 1) > _MOST_BYTES:
        raise DeidentificationError("TooLarge", "The image is too large to be masked.")
    boxes = [_clipped(rectangle, rows=rows, columns=columns) for rectangle in rectangles]
    if allocated not in (8, 16, 32):
        raise DeidentificationError("DecodeFailed", "Only 8, 16 and 32 bit pixels can be masked.")
    if (
        dataset.file_meta.TransferSyntaxUID.is_compressed
        and dataset["PixelData"].is_undefined_length
    ):
        dataset.decompress(generate_instance_uid=False)
    _to_little_endian(dataset, allocated)
    pixels = _pixels(dataset, frames=frames, rows=rows, columns=columns, samples=samples)
    black = _black(dataset, samples=samples, dtype=pixels.dtype)
    for left, top, right, bottom in boxes:
        pixels[:, top:bottom, left:right, :] = black
    dataset["PixelData"].value = _bytes(dataset, pixels)
    dataset.BurnedInAnnotation = "NO"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    _add_code(dataset)


def _clipped(rectangle: Rectangle, *, rows: int, columns: int) -> Rectangle:
    """Return left, top, right, bottom inside the picture."""
    left, top, width, height = (int(number) for number in rectangle)
    right, bottom = min(left + width, columns), min(top + height, rows)
    left, top = max(left, 0), max(top, 0)
    if right <= left or bottom <= top:
        raise DeidentificationError("OutsideImage", "A rectangle covers no pixel of the picture.")
    return left, top, right, bottom


def _to_little_endian(dataset: Dataset, allocated: int) -> None:
    """Decode what was read and swap words of big-endian files, so that it can be written anew."""
    swapped = dataset.original_encoding[1] is False and not dataset.file_meta.TransferSyntaxUID
    swapped = swapped or dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2"
    for element in dataset.iterall():
        if not swapped or not isinstance(element.value, bytes):
            continue
        if element.tag == BaseTag(0x7FE00010):
            width = allocated // 8
        elif element.VR == "OW":
            width = 2
        else:
            continue
        if width > 1 and len(element.value) % width == 0:
            element.value = np.frombuffer(element.value, dtype=f"u{width}").byteswap().tobytes()
    dataset.set_original_encoding(False, True)


def _pixels(dataset: Dataset, *, frames: int, rows: int, columns: int, samples: int) -> Array:
    """Return the stored values as (frames, rows, columns, samples), writable."""
    allocated = int(dataset.BitsAllocated)
    if dataset.PhotometricInterpretation == "YBR_FULL_422":
        found = _half_colors(dataset.PixelData, count=frames * rows * columns)
        dataset.PhotometricInterpretation = "YBR_FULL"
        dataset.PlanarConfiguration = 0
    else:
        count = frames * rows * columns * samples
        found = np.frombuffer(dataset.PixelData, dtype=f"<u{allocated // 8}", count=count).copy()
    if samples > 1 and int(dataset.get("PlanarConfiguration") or 0) == 1:
        return np.moveaxis(found.reshape(frames, samples, rows, columns), 1, -1)
    return found.reshape(frames, rows, columns, samples)


def _half_colors(data: bytes, *, count: int) -> Array:
    """Spread the colors that two neighboring pixels share (PS3.3 section C.7.6.3.1.2)."""
    pairs = np.frombuffer(data, dtype=np.uint8, count=count * 2).reshape(-1, 4)
    return np.ascontiguousarray(pairs[:, [0, 2, 3, 1, 2, 3]])


def _black(dataset: Dataset, *, samples: int, dtype: np.dtype[Any]) -> Array:
    """Return the stored value that is shown black."""
    photometric = str(dataset.PhotometricInterpretation)
    stored = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    signed = int(dataset.get("PixelRepresentation") or 0) == 1
    lowest = (1 << dtype.itemsize * 8) - (1 << stored - 1) if signed else 0
    highest = (1 << stored - 1) - 1 if signed else (1 << stored) - 1
    if photometric == "MONOCHROME1":
        value = [highest]
    elif photometric == "MONOCHROME2":
        value = [lowest]
    elif photometric == "PALETTE COLOR":
        value = [_darkest(dataset)]
    elif photometric.startswith("YBR"):
        value = [0, 1 << stored - 1, 1 << stored - 1]
    else:
        value = [0] * samples
    return np.array(value, dtype=dtype)


def _darkest(dataset: Dataset) -> int:
    """Return the index of the darkest color of the palette; the first one of a packed palette."""
    tables = [dataset.get(keyword) for keyword in _PALETTES]
    if not all(isinstance(table, bytes) for table in tables):
        return 0
    count, first, bits = (int(part) for part in dataset.RedPaletteColorLookupTableDescriptor)
    count = count or 1 << 16
    wide = all(len(table) >= 2 * count for table in tables if table)
    kind = "<u2" if bits > 8 or wide else "u1"
    colors = [
        np.frombuffer(table, dtype=kind, count=count).astype(int) for table in tables if table
    ]
    return first + int(np.argmin(sum(colors)))


def _bytes(dataset: Dataset, pixels: Array) -> bytes:
    if pixels.shape[-1] > 1 and int(dataset.get("PlanarConfiguration") or 0) == 1:
        pixels = np.moveaxis(pixels, -1, 1)
    data = pixels.tobytes()
    return data + bytes(len(data) % 2)


def _add_code(dataset: Dataset) -> None:
    """Record that the pixels were cleaned, once."""
    value, meaning = CLEAN_PIXEL_DATA
    items = list(dataset.get("DeidentificationMethodCodeSequence") or ())
    if any(str(item.get("CodeValue", "")) == value for item in items):
        return
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    dataset.DeidentificationMethodCodeSequence = Sequence([*items, item])
