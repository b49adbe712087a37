"""Siemens mosaics: the slices of a volume as tiles of one picture.

The number of tiles and the slice direction are in Siemens' private CSA header (0029,1010), whose
layout was worked out by the nibabel and dcm2niix projects (nibabel, "Siemens format DICOM with CSA
header"). ImagePositionPatient is that of the large picture around the same center, so it has to be
moved to the corner of a tile.
"""

from __future__ import annotations

import math
import struct
from dataclasses import replace

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.frame import Frame, Instance, Tile, Triple
from app.images.conversion.dicom.header import Header
from app.images.conversion.dicom.vectors import along
from app.images.conversion.issues import ConversionError

_MAX_TAGS = 512
_MAX_ITEMS = 512


def is_mosaic(instance: Instance) -> bool:
    """Tell whether the picture is a mosaic by its ImageType."""
    return instance.modality == "MR" and "MOSAIC" in instance.image_type


def mosaic_frames(header: Header, base: Frame) -> list[Frame]:
    """Return one frame per tile. Raises UnsupportedMosaic when the tiles cannot be placed."""
    csa = _read_csa(header)
    count = _tile_count(header, csa)
    side = math.ceil(math.sqrt(count))
    pixel_format = base.instance.format
    if pixel_format.rows % side or pixel_format.columns % side:
        raise _unsupported(header, f"{count} tiles do not fill the picture evenly")
    if base.position is None or base.orientation is None or base.spacing is None:
        raise _unsupported(header, "position, orientation or pixel spacing is missing")
    gap = base.instance.slice_gap
    if gap is None or gap <= 0:
        raise _unsupported(header, "SpacingBetweenSlices is missing")
    rows, columns = pixel_format.rows // side, pixel_format.columns // side
    corner = _corner(base, rows=rows, columns=columns)
    normal = _slice_normal(header, csa)
    return [
        replace(
            base,
            index=index,
            position=along(corner, normal, index * gap),
            tile=Tile((index // side) * rows, (index % side) * columns, rows, columns),
        )
        for index in range(count)
    ]


def _corner(base: Frame, *, rows: int, columns: int) -> Triple:
    """Move the first pixel from the mosaic's corner to that of a tile around the same center."""
    assert base.position is not None  # noqa: S101 (checked by the caller)
    assert base.orientation is not None  # noqa: S101
    assert base.spacing is not None  # noqa: S101
    pixel_format = base.instance.format
    right = (pixel_format.columns - columns) / 2 * base.spacing[1]
    down = (pixel_format.rows - rows) / 2 * base.spacing[0]
    row = (base.orientation[0], base.orientation[1], base.orientation[2])
    column = (base.orientation[3], base.orientation[4], base.orientation[5])
    return along(along(base.position, row, right), column, down)


def _tile_count(header: Header, csa: dict[str, list[str]]) -> int:
    try:
        count = int(csa["NumberOfImagesInMosaic"][0])
    except (KeyError, IndexError, ValueError) as error:
        raise _unsupported(header, "the number of tiles is not stated") from error
    if not 1 <= count <= 1024:
        raise _unsupported(header, "the number of tiles is not plausible")
    return count


def _slice_normal(header: Header, csa: dict[str, list[str]]) -> Triple:
    try:
        x, y, z = (float(value) for value in csa["SliceNormalVector"][:3])
    except (KeyError, ValueError) as error:
        raise _unsupported(header, "the slice direction is not stated") from error
    length = math.sqrt(x * x + y * y + z * z)
    if not 0.99 < length < 1.01:
        raise _unsupported(header, "the slice direction is not a unit vector")
    return (x / length, y / length, z / length)


def _read_csa(header: Header) -> dict[str, list[str]]:
    raw = header.elements.get(tags.SIEMENS_CSA_IMAGE, b"")
    if raw[:4] != b"SV10":
        raise _unsupported(header, "the Siemens header that describes the tiles is missing")
    try:
        return _parse_csa(raw)
    except struct.error as error:
        raise _unsupported(header, "the Siemens header is damaged") from error


def _parse_csa(raw: bytes) -> dict[str, list[str]]:
    """Parse the second layout of the CSA header; only names and text values are kept."""
    found: dict[str, list[str]] = {}
    (count,) = struct.unpack_from("<I", raw, 8)
    position = 16
    for _ in range(min(count, _MAX_TAGS)):
        name, _, _, _, items, _ = struct.unpack_from("<64si4siii", raw, position)
        position += 84
        values: list[str] = []
        for _ in range(min(items, _MAX_ITEMS)):
            length = struct.unpack_from("<4i", raw, position)[1]
            position += 16
            if not 0 <= length <= len(raw) - position:
                raise struct.error("item outside the header")
            text = raw[position : position + length].split(b"\0")[0].decode("latin-1").strip()
            values += [text] if text else []
            position += (length + 3) // 4 * 4
        found[name.split(b"\0")[0].decode("latin-1")] = values
    return found


def _unsupported(header: Header, why: str) -> ConversionError:
    return ConversionError(
        "UnsupportedMosaic", f"The mosaic cannot be taken apart: {why}.", files=[header.path]
    )
