"""Open DICOM files: a fast walk over the common kind, pydicom for everything else.

The walk covers explicit VR little endian with a preamble and no sequences we need (PS3.5 section
7.1); it costs about a fifth of a full parse. It never guesses: whatever it does not understand
goes to pydicom.
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
from pydicom.uid import (
    AllTransferSyntaxes,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.header import Header, PixelLocation
from app.images.conversion.issues import ConversionError

_WINDOW_BYTES = 65536
_LONG_VRS = frozenset(
    {b"OB", b"OW", b"OF", b"SQ", b"UT", b"UN", b"OD", b"OL", b"UC", b"UR", b"OV", b"SV", b"UV"}
)
_DEFLATED = "1.2.840.10008.1.2.1.99"
_UNDEFINED = 0xFFFFFFFF
_MAX_DEPTH = 32

SIMPLE_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2",  # CT
        "1.2.840.10008.5.1.4.1.1.4",  # MR
        "1.2.840.10008.5.1.4.1.1.128",  # PET
        "1.2.840.10008.5.1.4.1.1.1",  # CR
        "1.2.840.10008.5.1.4.1.1.1.1",  # DX for presentation
        "1.2.840.10008.5.1.4.1.1.7",  # secondary capture
    }
)


def looks_like_dicom(start: bytes) -> bool:
    """Tell whether a file's first 132+ bytes carry the DICOM prefix (PS3.10 section 7.1)."""
    return start[128:132] == b"DICM"


def read_header(path: Path, *, size_limit: int) -> Header:
    """Read one file's attributes. Raises NotDicom, Unreadable, InvalidHeader or TooLarge."""
    try:
        with path.open("rb") as file:
            found = _fast_header(path, file.read(_WINDOW_BYTES))
        return found if found is not None else _full_header(path, size_limit=size_limit)
    except OSError as error:
        raise ConversionError("Unreadable", "The file cannot be read.", files=[path]) from error


def read_dataset(path: Path) -> Dataset:
    """Read a whole data set including its pixels, without a preamble if need be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True)


class _ConfusedError(Exception):
    """The fast walk met something it leaves to pydicom."""


def _fast_header(path: Path, window: bytes) -> Header | None:
    if not looks_like_dicom(window):
        return None
    try:
        syntax, start = _meta_syntax(window)
        if syntax not in _EXPLICIT_LITTLE:
            return None
        elements, pixels = _walk_data_set(window, start)
    except (_ConfusedError, struct.error, IndexError):
        return None
    if elements.get(tags.SOP_CLASS_UID, b"").decode("latin-1").strip(" \0") not in SIMPLE_CLASSES:
        return None
    if b"MOSAIC" not in elements.get(tags.IMAGE_TYPE, b""):
        elements.pop(tags.SIEMENS_CSA_IMAGE, None)
    has_lut = tags.MODALITY_LUT in elements
    elements.pop(tags.MODALITY_LUT, None)
    return Header(path, syntax, True, elements, pixels, has_modality_lut=has_lut)


_EXPLICIT_LITTLE = frozenset(str(uid) for uid in AllTransferSyntaxes) - {
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    _DEFLATED,
}


def _meta_syntax(window: bytes) -> tuple[str, int]:
    """Return the transfer syntax of the file meta group and where the data set starts."""
    position, syntax = 132, b""
    while window[position : position + 2] == b"\x02\x00":
        tag, start, length = _element(window, position)
        if length == _UNDEFINED:
            raise _ConfusedError
        if tag == 0x00020010:
            syntax = window[start : start + length]
        position = start + length
    return syntax.decode("latin-1").strip(" \0"), position


def _walk_data_set(window: bytes, position: int) -> tuple[dict[int, bytes], PixelLocation]:
    elements: dict[int, bytes] = {}
    previous = 0
    while True:
        tag, start, length = _element(window, position)
        if tag <= previous:
            raise _ConfusedError
        previous = tag
        if tag in tags.PIXEL_TAGS:
            return elements, PixelLocation(tag, start, None if length == _UNDEFINED else length)
        if tag == tags.MODALITY_LUT:
            elements[tag] = b"present"
        if length == _UNDEFINED:
            position = _skip_sequence(window, start, depth=0)
            continue
        if tag in tags.WANTED:
            if start + length > len(window):
                raise _ConfusedError
            elements[tag] = window[start : start + length]
        position = start + length


def _element(window: bytes, position: int) -> tuple[int, int, int]:
    """Return tag, start of value and length of the element at `position`."""
    group, element, vr = struct.unpack_from("<HH2s", window, position)
    if not (vr.isalpha() and vr.isupper()):
        raise _ConfusedError
    if vr in _LONG_VRS:
        return (
            group << 16 | element,
            position + 12,
            struct.unpack_from("<I", window, position + 8)[0],
        )
    return group << 16 | element, position + 8, struct.unpack_from("<H", window, position + 6)[0]


def _skip_sequence(window: bytes, position: int, *, depth: int) -> int:
    if depth > _MAX_DEPTH:
        raise _ConfusedError
    while True:
        group, element, length = struct.unpack_from("<HHI", window, position)
        position += 8
        if (group, element) == (0xFFFE, 0xE0DD):
            return position
        if (group, element) != (0xFFFE, 0xE000):
            raise _ConfusedError
        if length != _UNDEFINED:
            position += length
        else:
            position = _skip_item(window, position, depth=depth)


def _skip_item(window: bytes, position: int, *, depth: int) -> int:
    while window[position : position + 4] != b"\xfe\xff\x0d\xe0":
        _, start, length = _element(window, position)
        if length == _UNDEFINED:
            position = _skip_sequence(window, start, depth=depth + 1)
        else:
            position = start + length
    return position + 8


def _full_header(path: Path, *, size_limit: int) -> Header:
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
    if isinstance(value, bytes):
        return value
    if isinstance(value, (list, tuple)) or (
        hasattr(value, "__iter__") and not isinstance(value, str)
    ):
        return "\\".join(str(part) for part in cast("list[object]", value)).encode("latin-1")
    return str(value).encode("latin-1", "replace")


def _not_dicom(path: Path) -> ConversionError:
    return ConversionError("NotDicom", "The file does not parse as DICOM.", files=[path])
