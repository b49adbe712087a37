"""Private attributes: whose block is it, and the part of Siemens' header that images need."""

from __future__ import annotations

import re
import struct
from typing import Final

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

_CSA_KEPT: Final = frozenset(
    {
        b"NumberOfImagesInMosaic",
        b"SliceNormalVector",
        b"B_value",
        b"DiffusionGradientDirection",
        b"MosaicRefAcqTimes",
        b"PhaseEncodingDirectionPositive",
        b"BandwidthPerPixelPhaseEncode",
        b"SliceMeasurementDuration",
        b"ProtocolSliceNumber",
        b"EchoLinePosition",
    }
)
_NUMBER: Final = re.compile(rb"\s*[+-]?\d{1,12}(\.\d{1,16})?([eE][+-]?\d{1,3})?\s*")
_MOST: Final = 512


def creator_tag(tag: int) -> int:
    """Return the tag of the element that names the block of a private element."""
    return tag & 0xFFFF0000 | tag >> 8 & 0xFF


def name_of(dataset: Dataset, creator: int) -> str:
    """Return whose block it is, empty when nobody claims it."""
    if creator & 0xFFFF < 0x10 or BaseTag(creator) not in dataset:
        return ""
    try:
        value = dataset.get_item(BaseTag(creator)).value
        text = value.decode("ascii") if isinstance(value, bytes) else str(value)
    except Exception:  # noqa: BLE001 (whatever cannot be read names nobody)
        return ""
    return text.strip(" \0")


def mosaic_header(raw: bytes) -> bytes | None:
    """Return a Siemens CSA image header that holds nothing but the numbers that place tiles.

    None when the bytes are no such header. The layout was worked out by the nibabel project
    ("Siemens format DICOM with CSA header").
    """
    if raw[:4] != b"SV10":
        return None
    try:
        return _rebuilt(raw)
    except struct.error:
        return None


def _rebuilt(raw: bytes) -> bytes | None:
    (count,) = struct.unpack_from("<I", raw, 8)
    position, kept = 16, []
    for _ in range(min(count, _MOST)):
        name, multiplicity, vr, kind, items, _ = struct.unpack_from("<64si4siii", raw, position)
        position += 84
        values = []
        for _ in range(min(items, _MOST)):
            length = struct.unpack_from("<4i", raw, position)[1]
            position += 16
            if not 0 <= length <= len(raw) - position:
                return None
            values.append(raw[position : position + length].split(b"\0")[0])
            position += (length + 3) // 4 * 4
        name = name.split(b"\0")[0]
        if name in _CSA_KEPT and all(not part or _NUMBER.fullmatch(part) for part in values):
            shown = vr[:2] if vr[:2].isalpha() else b"DS"
            kept.append(_element(name, multiplicity, shown, kind, values))
    if not kept:
        return None
    return b"SV10\x04\x03\x02\x01" + struct.pack("<II", len(kept), 77) + b"".join(kept)


def _element(name: bytes, multiplicity: int, vr: bytes, kind: int, values: list[bytes]) -> bytes:
    parts = [struct.pack("<64si4siii", name, multiplicity, vr, kind, len(values), 77)]
    for value in values:
        stored = value + b"\0" if value else b""
        parts.append(struct.pack("<4i", len(stored), len(stored), 77, len(stored)))
        parts.append(stored + bytes(-len(stored) % 4))
    return b"".join(parts)
