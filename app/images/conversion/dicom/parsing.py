"""Open DICOM files with pydicom: every encoding, every damage it can live with.

Importing pydicom takes longer than converting a hundred slices, so nothing imports this module
before a file needs it.
"""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import BinaryIO, cast

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.header import Header, PixelLocation
from app.images.conversion.issues import ConversionError

_DEFLATED = "1.2.840.10008.1.2.1.99"
_UNDEFINED = 0xFFFFFFFF


def read_dataset(path: Path) -> Dataset:
    """Read a whole data set including its pixels, without a preamble if need be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True)


def parse_header(path: Path, *, size_limit: int) -> Header:
    """Read one file's attributes. Raises NotDicom, TooLarge, or OSError."""
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(file, force=True, stop_before_pixels=True)
            after = file.tell()
            if after > size_limit:
                raise ConversionError(
                    "TooLarge", "The header is larger than any real one.", files=[path]
                )
            syntax, little = _syntax(dataset)
            pixels = _locate_pixels(file, after, syntax=syntax, little=little)
            return _from_dataset(path, dataset, syntax=syntax, little=little, pixels=pixels)
    except (ConversionError, MemoryError):
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise _not_dicom(path) from error  # pydicom's own way to say "ended early"
    except Exception as error:  # pydicom raises many kinds on hostile input
        raise _not_dicom(path) from error


def _syntax(dataset: Dataset) -> tuple[str, bool]:
    """Return the transfer syntax, the one the data set was parsed with where none is stated."""
    meta = getattr(dataset, "file_meta", None)
    stated = str(meta.get("TransferSyntaxUID", "")) if meta is not None else ""
    implicit, little = dataset.original_encoding
    little = True if little is None else little
    if stated:
        return stated, little
    if implicit:
        return str(ImplicitVRLittleEndian), True
    return str(ExplicitVRLittleEndian if little else ExplicitVRBigEndian), little


def _locate_pixels(
    file: BinaryIO, after: int, *, syntax: str, little: bool
) -> PixelLocation | None:
    """Find the pixel element; pydicom leaves the file in front of it."""
    if syntax == _DEFLATED:
        return PixelLocation(tags.PIXELS, None, None)
    file.seek(after)
    start = file.read(12)
    order = "<" if little else ">"
    if len(start) < 12:
        return None
    group, element = struct.unpack_from(order + "HH", start)
    tag = group << 16 | element
    if tag not in tags.PIXEL_TAGS:
        return None
    if syntax == ImplicitVRLittleEndian:
        offset, length = after + 8, struct.unpack_from("<I", start, 4)[0]
    else:
        offset, length = after + 12, struct.unpack_from(order + "I", start, 8)[0]
    return PixelLocation(tag, offset, None if length == _UNDEFINED else length)


def _from_dataset(
    path: Path, dataset: Dataset, *, syntax: str, little: bool, pixels: PixelLocation | None
) -> Header:
    elements: dict[int, bytes] = {}
    for tag in tags.WANTED:
        if BaseTag(tag) in dataset:
            raw = dataset.get_item(BaseTag(tag))
            value = raw.value if isinstance(raw, RawDataElement) else _encode(raw.value)
            elements[tag] = value or b""
    if not elements and not dataset.file_meta:
        raise _not_dicom(path)
    return Header(
        path,
        syntax,
        little,
        elements,
        pixels,
        has_modality_lut=BaseTag(tags.MODALITY_LUT) in dataset,
        dataset=dataset,
    )


def _encode(value: object) -> bytes:
    """Return a value pydicom has already parsed as text bytes."""
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (list, tuple)) or (
        hasattr(value, "__iter__") and not isinstance(value, str)
    ):
        return "\\".join(str(part) for part in cast("list[object]", value)).encode("latin-1")
    return str(value).encode("latin-1", "replace")


def _not_dicom(path: Path) -> ConversionError:
    return ConversionError("NotDicom", "The file does not parse as DICOM.", files=[path])
