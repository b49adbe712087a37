"""Read and write MetaImage volumes with numpy alone.

Only what the container contract hands over: one `.mha` with its data inside, scalar, two or three
dimensions. Arrays are (z, y, x); the header's geometry is kept as text, word for word, so that an
output lies exactly where its input does.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["GEOMETRY", "MetaImage", "MetaImageError", "read_metaimage", "write_metaimage"]

TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
NAMES = {code: name for name, code in TYPES.items()}
GEOMETRY = (
    "TransformMatrix",
    "Offset",
    "CenterOfRotation",
    "AnatomicalOrientation",
    "ElementSpacing",
)
# Other spellings in use for the same fields (ITK, MetaIO documentation).
ALIASES = {"Position": "Offset", "Origin": "Offset", "Orientation": "TransformMatrix"}
ALIASES["Rotation"] = "TransformMatrix"
LONGEST_HEADER = 64 * 1024
LARGEST_VOLUME = 4 * 1024**3
COMPRESSION = 1


class MetaImageError(ValueError):
    """A file is not a MetaImage that can be read here; the message says what is wrong."""


@dataclass(frozen=True)
class MetaImage:
    """A scalar volume, `array` in (z, y, x) order, and its geometry fields as written."""

    array: NDArray[Any]
    geometry: Mapping[str, str]

    @property
    def spacing(self) -> tuple[float, ...]:
        """Voxel size in mm in array order: (z, y, x)."""
        values = self.geometry.get("ElementSpacing", "").split()
        if len(values) != self.array.ndim:
            return (1.0,) * self.array.ndim
        return tuple(float(value) for value in reversed(values))

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel in cubic millimetres."""
        return float(np.prod(self.spacing))


def read_metaimage(path: Path) -> MetaImage:
    """Read a `.mha`. Raises MetaImageError, with the file's name, when it is not one of ours."""
    try:
        content = path.read_bytes()
        header, start = _header(content)
        array = _voxels(memoryview(content)[start:], header=header)
    except (OSError, MetaImageError, zlib.error, ValueError) as problem:
        raise MetaImageError(f"{path.name} cannot be read: {problem}") from problem
    return MetaImage(array=array, geometry={k: header[k] for k in GEOMETRY if k in header})


def write_metaimage(path: Path, image: MetaImage) -> None:
    """Write a zlib compressed `.mha`, little-endian."""
    array = np.ascontiguousarray(image.array)
    code = array.dtype.str[1:]
    if code not in NAMES:
        raise MetaImageError(f"{array.dtype} voxels cannot be written as MetaImage.")
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    data = zlib.compress(little.data, COMPRESSION)
    fields = {
        "ObjectType": "Image",
        "NDims": str(array.ndim),
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "True",
        "CompressedDataSize": str(len(data)),
        **image.geometry,
        "DimSize": " ".join(str(size) for size in reversed(array.shape)),
        "ElementType": NAMES[code],
        "ElementDataFile": "LOCAL",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{name} = {value}\n" for name, value in fields.items())
    path.write_bytes(lines.encode() + data)


def _header(content: bytes) -> tuple[dict[str, str], int]:
    """Fields by their usual names and the offset of the first byte of data."""
    fields: dict[str, str] = {}
    start = 0
    while "ElementDataFile" not in fields:
        end = content.find(b"\n", start, LONGEST_HEADER)
        if end < 0:
            raise MetaImageError("it has no MetaImage header.")
        name, sign, value = content[start:end].decode("ascii", "replace").partition("=")
        if not sign:
            raise MetaImageError("it has no MetaImage header.")
        fields[ALIASES.get(name.strip(), name.strip())] = value.strip()
        start = end + 1
    return fields, start


def _voxels(data: memoryview, *, header: Mapping[str, str]) -> NDArray[Any]:
    if header["ElementDataFile"] not in ("LOCAL", "Local"):
        raise MetaImageError("its voxels are in another file.")
    if header.get("ElementNumberOfChannels", "1") != "1":
        raise MetaImageError("it has several channels; one grey value per voxel is needed.")
    shape = tuple(int(size) for size in reversed(header.get("DimSize", "").split()))
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise MetaImageError(f"it has dimensions {shape or 'missing'}; two or three are needed.")
    code = TYPES.get(header.get("ElementType", ""))
    if code is None:
        raise MetaImageError(f"its voxel type {header.get('ElementType')} is not supported.")
    order = ">" if _true(header.get("BinaryDataByteOrderMSB", "False")) else "<"
    size = int(np.prod(shape, dtype=np.int64)) * int(code[1])
    if size > LARGEST_VOLUME:
        raise MetaImageError(f"it is {size / 1e9:.1f} GB large.")
    raw = _inflated(data, size=size) if _true(header.get("CompressedData", "False")) else data
    if len(raw) < size:
        raise MetaImageError(f"it ends early: {len(raw)} of {size} bytes of voxels are there.")
    flat = np.frombuffer(raw[:size], dtype=np.dtype(order + code))
    return flat.reshape(shape).astype(flat.dtype.newbyteorder("="), copy=False)


def _inflated(data: memoryview, *, size: int) -> bytes:
    """Decompress no more than the header announces, and check the stream's own checksum."""
    stream = zlib.decompressobj()
    raw = stream.decompress(data, size + 1)
    if not stream.eof or len(raw) != size:
        raise MetaImageError(f"its compressed data does not hold just {size} bytes of voxels.")
    return raw


def _true(value: str) -> bool:
    return value.strip().lower() in ("true", "t", "1")
