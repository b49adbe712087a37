"""Decode compressed and colored frames with pydicom's decoders.

Imported only when a file needs it: pydicom takes longer to import than a hundred slices to convert.
"""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import parse_fragments
from pydicom.pixels.decoders.base import Decoder as PixelDecoder
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.codestream import declared_size
from app.images.conversion.dicom.frame import Instance
from app.images.conversion.dicom.last_resort import decode_elsewhere, encapsulated_frame
from app.images.conversion.dicom.parsing import read_dataset
from app.images.conversion.issues import ConversionError

Array = np.ndarray[Any, np.dtype[Any]]
_JPEG_FAMILY = "1.2.840.10008.1.2.4."
_MAX_PADDING = 64
_GRAY = frozenset({"MONOCHROME1", "MONOCHROME2"})


class Decoder:
    """Decodes frames; keeps the file read last, for multi-frame objects."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._dataset: Dataset | None = None

    def decode(self, instance: Instance, index: int) -> Array:
        """Return stored values, or RGB.

        Raises UnsupportedTransferSyntax, UnsupportedPhotometric, TruncatedPixelData, DecodeFailed.
        """
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
            values = _decoded(decoder, dataset, index)
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
                if instance.pixels.length is None:
                    _note_offsets(self._dataset, instance.frame_count)
            except MemoryError:
                raise
            except Exception as error:
                raise _decode_failed(instance, 0, error) from error
            self._path = instance.path
        return self._dataset


def _decoded(decoder: PixelDecoder, dataset: Dataset, index: int) -> Array:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return decoder.as_array(dataset, index=index)[0]
    except Exception:
        raise
    except BaseException as error:
        # A panic in a decoder written in Rust is no Exception, yet nothing but a damaged frame.
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("the decoder panicked") from error


def _note_offsets(dataset: Dataset, frame_count: int) -> None:
    """Say where each frame starts if the file does not (PS3.5 section A.4).

    Without offsets pydicom walks over all frames before the one asked for, so that the time grew
    with the square of their number. Only for one fragment per frame, where no guess is needed.
    """
    if frame_count < 2 or "ExtendedOffsetTable" in dataset or "PixelData" not in dataset:
        return
    data: bytes = dataset.PixelData
    if data[:8] != b"\xfe\xff\x00\xe0\0\0\0\0":
        return
    count, offsets = parse_fragments(data[8:])
    if count == frame_count:
        lengths = [int.from_bytes(data[8 + at + 4 : 8 + at + 8], "little") for at in offsets]
        dataset.ExtendedOffsetTable = struct.pack(f"<{count}Q", *offsets)
        dataset.ExtendedOffsetTableLengths = struct.pack(f"<{count}Q", *lengths)


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
