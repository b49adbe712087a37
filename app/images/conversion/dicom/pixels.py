"""Read the pixels of one frame at a time: natively from the file, else by pydicom's decoders."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.codestream import declared_size
from app.images.conversion.dicom.frame import Frame, Instance, PixelFormat
from app.images.conversion.dicom.last_resort import decode_elsewhere, encapsulated_frame
from app.images.conversion.dicom.reading import read_dataset
from app.images.conversion.issues import ConversionError

Array = np.ndarray[Any, np.dtype[Any]]
_NATIVE = frozenset({str(ImplicitVRLittleEndian), str(ExplicitVRLittleEndian)})
_JPEG_FAMILY = "1.2.840.10008.1.2.4."
_MAX_PADDING = 64
_GRAY = frozenset({"MONOCHROME1", "MONOCHROME2"})


class PixelReader:
    """Reads stored values of frames; keeps the file read last, for multi-frame objects.

    Not for use by several threads. `ignored_bits` tells whether any value had bits outside
    BitsStored, which are left out (PS3.5 section 8.1.1).
    """

    def __init__(self) -> None:
        self.ignored_bits = False
        self._path: Path | None = None
        self._dataset: Dataset | None = None
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
            values = self._decode(instance, index)
        if pixel_format.photometric in _GRAY and not pixel_format.floating:
            values = self._significant_bits(values, pixel_format)
        return values

    def _significant_bits(self, values: Array, pixel_format: PixelFormat) -> Array:
        """Keep BitsStored bits below HighBit and give the value its sign."""
        width = values.dtype.itemsize * 8
        kept = pixel_format.bits_stored
        shift = pixel_format.high_bit + 1 - kept
        if (kept == width and shift == 0) or pixel_format.bits_allocated == 1:
            return values
        up, down = max(width - kept - shift, 0), max(width - kept, 0)
        clean = np.right_shift(np.left_shift(values, up), down)
        if not self.ignored_bits and shift == 0:
            self.ignored_bits = not np.array_equal(clean, values)
        return clean

    def _decode(self, instance: Instance, index: int) -> Array:
        dataset = self._open(instance)
        try:
            decoder = get_decoder(UID(instance.syntax))
        except (NotImplementedError, ValueError) as error:
            raise ConversionError(
                "UnsupportedTransferSyntax",
                f"The transfer syntax {instance.syntax[:64]!r} cannot be decoded.",
                files=[instance.path],
                tag="(0002,0010)",
            ) from error
        _check_ends(instance, dataset, index)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values, _ = decoder.as_array(dataset, index=index)
        except MemoryError:
            raise
        except Exception as error:  # every plug-in has its own kinds
            found = decode_elsewhere(instance, dataset, index)
            if found is None:
                raise _decode_failed(instance, index, error) from error
            values = found
        return _checked_shape(instance, index, _in_rgb(instance, dataset, values))

    def _open(self, instance: Instance) -> Dataset:
        if self._dataset is None or self._path != instance.path:
            self._dataset = None
            try:
                self._dataset = read_dataset(instance.path)
            except MemoryError:
                raise
            except Exception as error:
                raise _decode_failed(instance, 0, error) from error
            self._path = instance.path
        return self._dataset


def _check_ends(instance: Instance, dataset: Dataset, index: int) -> None:
    """Refuse a JPEG (JPEG-LS, JPEG 2000) frame without its end: decoders make up the rest.

    All of the family end with the marker FFD9 (ITU T.81 table B.1), padded to even length.
    """
    if not instance.syntax.startswith(_JPEG_FAMILY):
        return
    try:
        frame = encapsulated_frame(instance, dataset, index)
    except MemoryError:
        raise
    except Exception as error:
        raise _decode_failed(instance, index, error) from error
    if frame.rfind(b"\xff\xd9") < len(frame) - _MAX_PADDING:
        raise ConversionError(
            "TruncatedPixelData",
            f"The compressed data of frame {index + 1} ends early.",
            files=[instance.path],
            tag=tags.show(tags.PIXELS),
        )
    _check_declared(instance, frame, index)


def _check_declared(instance: Instance, frame: bytes, index: int) -> None:
    """Refuse a frame whose stream claims another size than the header: decoders allocate that."""
    declared = declared_size(frame)
    pixel_format = instance.format
    expected = (pixel_format.rows, pixel_format.columns, pixel_format.samples)
    if declared is not None and declared[0] and declared != expected:
        raise ConversionError(
            "DecodeFailed",
            f"The compressed data of frame {index + 1} is for {declared[1]} x {declared[0]} pixels "
            f"with {declared[2]} values, the header says {expected[1]} x {expected[0]} with "
            f"{expected[2]}.",
            files=[instance.path],
            tag=tags.show(tags.PIXELS),
        )


def _read_native(instance: Instance, index: int) -> Array:
    pixel_format = instance.format
    count = pixel_format.rows * pixel_format.columns
    assert instance.pixels.offset is not None  # noqa: S101 (native means in the file)
    if pixel_format.bits_allocated == 1:
        return _read_bits(instance, index, count)
    dtype = _native_dtype(pixel_format)
    offset = instance.pixels.offset + index * count * dtype.itemsize
    try:
        values = np.fromfile(instance.path, dtype=dtype, count=count, offset=offset)
    except OSError as error:
        raise ConversionError(
            "Unreadable", "The file cannot be read.", files=[instance.path]
        ) from error
    if values.size != count:
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


def _in_rgb(instance: Instance, dataset: Dataset, values: Array) -> Array:
    """Look palette colors up; YBR was converted by the decoder."""
    if instance.format.photometric != "PALETTE COLOR":
        return values
    try:
        colored = apply_color_lut(values, dataset)
    except MemoryError:
        raise
    except Exception as error:
        raise ConversionError(
            "UnsupportedPhotometric",
            "The color palette is incomplete or damaged.",
            files=[instance.path],
            tag="(0028,1201)",
        ) from error
    if colored.dtype == np.uint16:
        return _palette_to_bytes(colored, dataset)
    return np.asarray(colored[..., :3])


def _palette_to_bytes(colored: Array, dataset: Dataset) -> Array:
    """Bring 16 bit palette entries to 8 bit, unless the writer only used the low byte."""
    tables = [
        dataset.get(f"{name}PaletteColorLookupTableData") for name in ("Red", "Green", "Blue")
    ]
    high = any(
        np.frombuffer(table, dtype="<u2").max(initial=0) > 255
        for table in tables
        if isinstance(table, bytes) and len(table) % 2 == 0
    )
    return np.asarray(colored[..., :3] >> (8 if high else 0)).astype(np.uint8)


def _checked_shape(instance: Instance, index: int, values: Array) -> Array:
    pixel_format = instance.format
    expected: tuple[int, ...] = (pixel_format.rows, pixel_format.columns)
    if pixel_format.photometric not in _GRAY:
        expected = (*expected, 3)
    if values.shape != expected:
        raise ConversionError(
            "DecodeFailed",
            f"Frame {index + 1} has the shape {values.shape}, the header says {expected}.",
            files=[instance.path],
            tag=tags.show(tags.PIXELS),
        )
    return values


def _decode_failed(instance: Instance, index: int, error: Exception) -> ConversionError:
    syntax = UID(instance.syntax)
    name = syntax.name if syntax.is_valid else "an unknown transfer syntax"
    return ConversionError(
        "DecodeFailed",
        f"Frame {index + 1} ({name}) cannot be decoded ({type(error).__name__}).",
        files=[instance.path],
        tag=tags.show(tags.PIXELS),
    )
