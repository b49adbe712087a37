"""United Imaging's grids: the slices of a volume as tiles of one picture.

Each tile has an item in a private sequence (group 0065, "Image Private Header") that holds its
ImagePositionPatient, so nothing has to be computed: only the order of tiles is assumed, row by row
from the top left as in a mosaic, and then proved by the positions lying on one line.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.images.conversion.dicom.frame import Frame, Instance, Tile, Triple
from app.images.conversion.dicom.header import Header
from app.images.conversion.issues import ConversionError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_GROUP, _CREATOR = 0x0065, "Image Private Header"
_TILE_COUNT, _TILES = 0x50, 0x51
_MAX_TILES = 1024


def is_grid(instance: Instance) -> bool:
    """Tell whether the picture is such a grid by its ImageType."""
    return instance.modality == "MR" and "VFRAME" in instance.image_type


def grid_tiles(header: Header, base: Frame) -> list[Frame]:
    """Return one frame per tile. Raises UnsupportedMosaic when the tiles cannot be placed."""
    if base.orientation is None or base.spacing is None:
        raise _unsupported(header, "orientation or pixel spacing is missing")
    positions = _positions(header)
    side = math.ceil(math.sqrt(len(positions)))
    pixel_format = base.instance.format
    if pixel_format.rows % side or pixel_format.columns % side:
        raise _unsupported(header, f"{len(positions)} tiles do not fill the picture evenly")
    rows, columns = pixel_format.rows // side, pixel_format.columns // side
    return [
        replace(
            base,
            index=index,
            position=position,
            tile=Tile((index // side) * rows, (index % side) * columns, rows, columns),
        )
        for index, position in enumerate(positions)
    ]


def _positions(header: Header) -> list[Triple]:
    try:
        block = _dataset(header).private_block(_GROUP, _CREATOR)
        count = int(float(block[_TILE_COUNT].value))
        items: list[Dataset] = list(block[_TILES].value)
        positions = [_triple(item.ImagePositionPatient) for item in items]
    except MemoryError:
        raise
    except Exception as error:  # pydicom raises many kinds when it looks at malformed values
        raise _unsupported(header, "the private header that places the tiles is missing") from error
    if not 1 <= count <= _MAX_TILES or len(positions) != count:
        raise _unsupported(header, f"{len(positions)} of {count} tiles have a position")
    return positions


def _dataset(header: Header) -> Dataset:
    if header.dataset is not None:
        return header.dataset
    import pydicom  # slow, and hardly ever needed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(header.path, force=True, stop_before_pixels=True)


def _triple(values: Any) -> Triple:
    x, y, z = (float(value) for value in values)
    if not all(map(math.isfinite, (x, y, z))):
        raise ValueError("not finite")
    return (x, y, z)


def _unsupported(header: Header, why: str) -> ConversionError:
    return ConversionError(
        "UnsupportedMosaic", f"The grid cannot be taken apart: {why}.", files=[header.path]
    )
