"""The one thing of EXIF that is about pixels: how the picture is to be turned."""

from __future__ import annotations

import struct
from typing import Final

_ORIENTATION: Final = 0x0112


def orientation_of(data: bytes, *, default: int = 1) -> int:
    """Return the orientation (1 to 8) of the first directory of EXIF data."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return default
    try:
        (directory,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, directory)
        for index in range(count):
            tag, kind, _, value = struct.unpack_from(
                f"{order}HHIH", data, directory + 2 + 12 * index
            )
            if tag == _ORIENTATION and kind == 3 and 1 <= value <= 8:
                return int(value)
    except struct.error:
        pass
    return default


def orientation_only(orientation: int) -> bytes:
    """Return EXIF data that states an orientation and nothing else."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
