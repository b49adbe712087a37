"""Read the pixels of one frame at a time: natively from the file, else by pydicom's decoders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.images.conversion.dicom.frame import Frame, Instance, PixelFormat
from app.images.conversion.issues import ConversionError

if TYPE_CHECKING:
    from app.images.conversion.dicom.decoding import Decoder

Array = np.ndarray[Any, np.dtype[Any]]
_NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})
_GRAY = frozenset({"MONOCHROME1", "MONOCHROME2"})


class PixelReader:
    """Reads stored values of frames; keeps the file read last, for multi-frame objects.

    Not for use by several threads. `ignored_bits` tells whether any value had bits outside
    BitsStored, which are left out (PS3.5 section 8.1.1).
    """

    def __init__(self) -> None:
        self.ignored_bits = False
        self._decoder: Decoder | None = None
        self._picture: tuple[tuple[Path, int], Array] | None = None

    def read(self, frame: Frame) -> Array:
        """Return stored values (rows, columns), or RGB (rows, columns, 3).

        Raises Unreadable, TruncatedPixelData, UnsupportedTransferSyntax or DecodeFailed.
        """
        if frame.tile is None:
            return self._read_frame(frame.instance, frame.index)
        tile = frame.tile
        picture = self._kept_picture(frame.instance)
        return picture[tile.top : tile.top + tile.rows, tile.left : tile.left + tile.columns]

    def _kept_picture(self, instance: Instance) -> Array:
        key = (instance.path, 0)
        if self._picture is None or self._picture[0] != key:
            self._picture = (key, self._read_frame(instance, 0))
        return self._picture[1]

    def _read_frame(self, instance: Instance, index: int) -> Array:
        pixel_format = instance.format
        native = instance.syntax in _NATIVE and instance.pixels.length is not None
        if native and pixel_format.photometric in _GRAY:
            values = _read_native(instance, index)
        else:
            values = self._decoding().decode(instance, index)
        if pixel_format.photometric in _GRAY and not pixel_format.floating:
            values = self._significant_bits(values, pixel_format)
        return values

    def _decoding(self) -> Decoder:
        if self._decoder is None:
            from app.images.conversion.dicom.decoding import Decoder

            self._decoder = Decoder()
        return self._decoder

    def _significant_bits(self, values: Array, pixel_format: PixelFormat) -> Array:
        """Keep BitsStored bits below HighBit and give the value its sign."""
        width = values.dtype.itemsize * 8
        kept = pixel_format.bits_stored
        shift = pixel_format.high_bit + 1 - kept
        if (kept == width and shift == 0) or pixel_format.bits_allocated == 1:
            return values
        low, high = pixel_format.stored_range
        above = values.dtype.kind == "u" or low <= int(values.min())
        if shift == 0 and above and int(values.max()) <= high:
            return values
        up, down = max(width - kept - shift, 0), max(width - kept, 0)
        clean = np.right_shift(np.left_shift(values, up), down)
        if not self.ignored_bits and shift == 0:
            self.ignored_bits = not np.array_equal(clean, values)
        return clean


def _read_native(instance: Instance, index: int) -> Array:
    pixel_format = instance.format
    count = pixel_format.rows * pixel_format.columns
    assert instance.pixels.offset is not None  # noqa: S101 (native means in the file)
    if pixel_format.bits_allocated == 1:
        return _read_bits(instance, index, count)
    dtype = _native_dtype(pixel_format)
    offset = instance.pixels.offset + index * count * dtype.itemsize
    values = np.empty(count, dtype=dtype)
    try:
        with instance.path.open("rb", buffering=0) as file:
            file.seek(offset)
            found = file.readinto(values.view(np.uint8).data)
    except OSError as error:
        raise ConversionError(
            "Unreadable", "The file cannot be read.", files=[instance.path]
        ) from error
    if found != values.nbytes:
        raise ConversionError(
            "TruncatedPixelData", "The pixel data ends early.", files=[instance.path]
        )
    return values.reshape(pixel_format.rows, pixel_format.columns)


def _native_dtype(pixel_format: PixelFormat) -> np.dtype[Any]:
    size = pixel_format.bits_allocated // 8
    if pixel_format.floating:
        return np.dtype(f"<f{size}")
    return np.dtype(f"<{'i' if pixel_format.signed else 'u'}{size}")


def _read_bits(instance: Instance, index: int, count: int) -> Array:
    """Unpack one frame of single bits, which need not start at a byte (PS3.5 section 8.1.1)."""
    assert instance.pixels.offset is not None  # noqa: S101
    first = index * count
    skipped = first % 8
    needed = (skipped + count + 7) // 8
    packed = np.fromfile(
        instance.path, dtype=np.uint8, count=needed, offset=instance.pixels.offset + first // 8
    )
    if packed.size != needed:
        raise ConversionError(
            "TruncatedPixelData", "The pixel data ends early.", files=[instance.path]
        )
    bits = np.unpackbits(packed, bitorder="little")[skipped : skipped + count]
    return bits.reshape(instance.format.rows, instance.format.columns)
