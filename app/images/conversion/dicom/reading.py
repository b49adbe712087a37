"""Read the attributes of a DICOM file: a fast walk over the common kinds, pydicom for the rest.

The walk covers files with a preamble in explicit or implicit VR little endian (PS3.5 section 7.1)
whose object needs no sequence to be understood. It costs a tenth of a full parse and never
guesses: whatever pydicom might see differently is left to pydicom, tests hold the two equal.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.header import Header, PixelLocation
from app.images.conversion.issues import ConversionError

_WINDOWS = (32768, 1 << 20)
_IMPLICIT = "1.2.840.10008.1.2"
_EXPLICIT_SYNTAX = re.compile(r"1\.2\.840\.10008\.1\.2\.(1|5|4\.\d{2,3})")
_UNDEFINED = 0xFFFFFFFF
_MAX_DEPTH = 32
_CHARACTER_SET = 0x00080005
_BEFORE_FIRST = 0x0007FFFF
_SEQUENCES = frozenset({tags.MODALITY_LUT, tags.SHARED_GROUPS, tags.PER_FRAME_GROUPS})

_SHORT, _LONG, _SEQUENCE = 1, 2, 3
_SHORT_VRS = frozenset(
    {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS"}
    | {"ST", "TM", "UI", "UL", "US"}
)
_LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SV", "UC", "UN", "UR", "UT", "UV"})


def _number(vr: str) -> int:
    """Return the two letters of a VR as the little-endian number they are in a file."""
    return int.from_bytes(vr.encode("ascii"), "little")


_UL, _UI, _CS = _number("UL"), _number("UI"), _number("CS")
_KINDS = bytearray(65536)
"""What a VR says about the length of its element (PS3.5 section 7.1.2), 0 if unknown."""
for _vr in _SHORT_VRS | _LONG_VRS:
    _KINDS[_number(_vr)] = _SHORT if _vr in _SHORT_VRS else _LONG
_KINDS[_number("SQ")] = _SEQUENCE

_explicit_start = struct.Struct("<HHHH").unpack_from
_implicit_start = struct.Struct("<HHI").unpack_from
_long_length = struct.Struct("<I").unpack_from

SIMPLE_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.1",  # CR
        "1.2.840.10008.5.1.4.1.1.1.1",  # DX for presentation
        "1.2.840.10008.5.1.4.1.1.1.2",  # mammography for presentation
        "1.2.840.10008.5.1.4.1.1.2",  # CT
        "1.2.840.10008.5.1.4.1.1.3.1",  # ultrasound loops
        "1.2.840.10008.5.1.4.1.1.4",  # MR
        "1.2.840.10008.5.1.4.1.1.6.1",  # ultrasound
        "1.2.840.10008.5.1.4.1.1.7",  # secondary capture
        "1.2.840.10008.5.1.4.1.1.12.1",  # X-ray angiography
        "1.2.840.10008.5.1.4.1.1.12.2",  # X-ray fluoroscopy
        "1.2.840.10008.5.1.4.1.1.128",  # PET
        "1.2.840.10008.5.1.4.1.1.481.2",  # dose
    }
)
"""SOP classes that are understood without looking into any sequence."""


def looks_like_dicom(start: bytes) -> bool:
    """Tell whether a file's first 132+ bytes carry the DICOM prefix (PS3.10 section 7.1)."""
    return start[128:132] == b"DICM"


def read_header(path: Path, *, size_limit: int) -> Header:
    """Read one file's attributes. Raises NotDicom, Unreadable, InvalidHeader or TooLarge."""
    try:
        return walk_header(path) or _parse_header(path, size_limit=size_limit)
    except OSError as error:
        raise ConversionError("Unreadable", "The file cannot be read.", files=[path]) from error


def walk_header(path: Path) -> Header | None:
    """Read a file of the common kinds, None for any other. May raise OSError."""
    with path.open("rb", buffering=0) as file:
        window = b""
        for size in _WINDOWS:
            window += file.read(size - len(window))
            if not looks_like_dicom(window):
                return None
            try:
                return _walk(path, window)
            except _ConfusedError:
                return None
            except (struct.error, IndexError):  # it goes on behind the window
                if len(window) < size:
                    return None
    return None


def _parse_header(path: Path, *, size_limit: int) -> Header:
    from app.images.conversion.dicom.parsing import parse_header

    return parse_header(path, size_limit=size_limit)


class _ConfusedError(Exception):
    """The fast walk met something it leaves to pydicom."""


def _walk(path: Path, window: bytes) -> Header | None:
    syntax, start = _meta_syntax(window)
    if syntax == _IMPLICIT:
        elements, pixels = _walk_implicit(window, start)
    elif _EXPLICIT_SYNTAX.fullmatch(syntax):
        elements, pixels = _walk_explicit(window, start)
    else:
        return None
    sop_class = elements.get(tags.SOP_CLASS_UID, b"")
    if sop_class.decode("latin-1").strip(" \0") not in SIMPLE_CLASSES:
        return None
    return Header(path, syntax, True, elements, pixels)


def _meta_syntax(window: bytes) -> tuple[str, int]:
    """Return the transfer syntax of the file meta group and where the data set starts."""
    position, previous, syntax = 132, -1, b""
    while True:
        group, element, vr, length = _explicit_start(window, position)
        if group != 2:
            return syntax.rstrip(b" \0").decode("latin-1"), position
        kind = _KINDS[vr]
        if element <= previous or (previous < 0 and (element, vr, length) != (0, _UL, 4)):
            raise _ConfusedError
        previous = element
        position += 8
        if kind == _LONG:
            (length,) = _long_length(window, position)
            position += 4
        elif kind != _SHORT:
            raise _ConfusedError
        if element == 0x0010:
            if vr != _UI:
                raise _ConfusedError
            syntax = window[position : position + length]
        position += length


def _walk_explicit(window: bytes, position: int) -> tuple[dict[int, bytes], PixelLocation]:
    elements: dict[int, bytes] = {}
    wanted, kinds, start = tags.WANTED, _KINDS, _explicit_start
    previous = _BEFORE_FIRST
    while True:
        group, element, vr, length = start(window, position)
        tag = group << 16 | element
        kind = kinds[vr]
        position += 8
        if kind != _SHORT:
            if not kind:
                raise _ConfusedError
            (length,) = _long_length(window, position)
            position += 4
        if tag <= previous or (tag == _CHARACTER_SET and vr != _CS):
            raise _ConfusedError
        previous = tag
        if tag >= tags.FLOAT_PIXELS or tag in _SEQUENCES:
            return elements, _pixels(tag, position, length, is_bytes=kind == _LONG)
        if length == _UNDEFINED:
            position = _skip_sequence(window, position, kind=kind, depth=0)
            continue
        if tag in wanted:
            if kind == _SEQUENCE or position + length > len(window):
                raise _ConfusedError if kind == _SEQUENCE else IndexError
            elements[tag] = window[position : position + length]
        position += length


def _walk_implicit(window: bytes, position: int) -> tuple[dict[int, bytes], PixelLocation]:
    """Walk without VRs; sequences of undefined length need pydicom's dictionary and go there."""
    elements: dict[int, bytes] = {}
    wanted, start = tags.WANTED, _implicit_start
    previous = _BEFORE_FIRST
    if _KINDS[start(window, position)[2] & 0xFFFF]:
        raise _ConfusedError  # looks explicit after all
    while True:
        group, element, length = start(window, position)
        tag = group << 16 | element
        position += 8
        if tag <= previous:
            raise _ConfusedError
        previous = tag
        if tag >= tags.FLOAT_PIXELS or tag in _SEQUENCES:
            return elements, _pixels(tag, position, length, is_bytes=True)
        if length == _UNDEFINED:
            raise _ConfusedError
        if tag in wanted:
            if position + length > len(window):
                raise IndexError
            elements[tag] = window[position : position + length]
        position += length


def _pixels(tag: int, offset: int, length: int, *, is_bytes: bool) -> PixelLocation:
    if tag not in tags.PIXEL_TAGS or not is_bytes:
        raise _ConfusedError
    return PixelLocation(tag, offset, None if length == _UNDEFINED else length)


def _skip_sequence(window: bytes, position: int, *, kind: int, depth: int) -> int:
    """Return where a sequence of undefined length ends; every element in it must be sound."""
    if depth > _MAX_DEPTH or kind != _SEQUENCE:
        raise _ConfusedError
    while True:
        group, element, length = _implicit_start(window, position)
        position += 8
        if group != 0xFFFE:
            raise _ConfusedError
        if element == 0xE0DD and not length:
            return position
        if element != 0xE000:
            raise _ConfusedError
        position = _skip_item(window, position, length, depth=depth)


def _skip_item(window: bytes, position: int, size: int, *, depth: int) -> int:
    """Return where an item ends: at its delimiter, or exactly after `size` bytes."""
    end = position + size
    while size == _UNDEFINED or position != end:
        group, element, vr, length = _explicit_start(window, position)
        position += 8
        if group == 0xFFFE:
            if size != _UNDEFINED or element != 0xE00D or vr or length:
                raise _ConfusedError
            return position
        kind = _KINDS[vr]
        if not kind or (group << 16 | element == _CHARACTER_SET and vr != _CS):
            raise _ConfusedError
        if kind != _SHORT:
            (length,) = _long_length(window, position)
            position += 4
        if length == _UNDEFINED:
            position = _skip_sequence(window, position, kind=kind, depth=depth + 1)
        else:
            position += length
        if size != _UNDEFINED and position > end:
            raise _ConfusedError
    return position
