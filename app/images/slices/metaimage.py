"""A MetaImage (.mha) file read slice by slice, without ever holding the volume.

The pixels of a compressed MetaImage are one zlib stream, so slices can only be read in order.
Format: ITK's MetaIO documentation, https://itk.org/Wiki/ITK/MetaIO/Documentation. Only files
that carry their own pixels (`ElementDataFile = LOCAL`) are read: a header never makes us open
another path.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from app.images.slices.errors import InflateError, PackError
from app.images.slices.format import (
    MAX_COMPONENTS,
    MAX_SIDE,
    MAX_SLICE_BYTES,
    MAX_SLICES,
)

MAX_HEADER = 64 * 1024
_READ = 1 << 18
_TYPES = {
    "MET_CHAR": "int8",
    "MET_UCHAR": "uint8",
    "MET_SHORT": "int16",
    "MET_USHORT": "uint16",
    "MET_INT": "int32",
    "MET_UINT": "uint32",
    "MET_LONG": "int32",
    "MET_ULONG": "uint32",
    "MET_LONG_LONG": "int64",
    "MET_ULONG_LONG": "uint64",
    "MET_FLOAT": "float32",
    "MET_DOUBLE": "float64",
}
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


class _Inflater(Protocol):
    eof: bool
    unconsumed_tail: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class MetaImageHeader:
    """Header of one file; geometry in LPS mm, `direction` row by row, axes in its columns."""

    size: tuple[int, int, int]
    timepoints: int
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]
    type: str
    components: int
    big_endian: bool
    compressed: bool
    data_offset: int

    @property
    def slices(self) -> int:
        """z times time points."""
        return self.size[2] * self.timepoints

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Pixel type as stored in the file."""
        return np.dtype(self.type).newbyteorder(">" if self.big_endian else "<")

    @property
    def slice_bytes(self) -> int:
        """Size of one slice."""
        return self.size[0] * self.size[1] * self.components * self.dtype.itemsize


def read_header(path: Path) -> MetaImageHeader:
    """The header of a MetaImage file; see `header_of`."""
    with path.open("rb") as file:
        return header_of(file)


def header_of(file: BinaryIO) -> MetaImageHeader:
    """The header at the beginning of an open MetaImage file.

    Raises `PackError` for anything that is not a readable image of 2 to 4 axes.
    """
    data = file.read(MAX_HEADER)
    fields: dict[str, str] = {}
    position = 0
    while "ElementDataFile" not in fields:
        end = data.find(b"\n", position)
        key, equals, value = data[position : max(end, position)].partition(b"=")
        if end < 0 or not equals:
            raise PackError("not-metaimage", "The file is not a MetaImage: its header has no end.")
        fields[_ascii(key)] = _ascii(value)
        position = end + 1
    if fields["ElementDataFile"] not in ("LOCAL", "Local", "local"):
        raise PackError(
            "unsupported",
            "The MetaImage keeps its pixels in another file; only .mha files are read.",
        )
    return _parse(fields, data_offset=position)


def iter_slices(path: Path, header: MetaImageHeader) -> Iterator[NDArray[np.generic]]:
    """Every slice of a file in order; see `slices_of`."""
    with path.open("rb") as file:
        yield from slices_of(file, header)


def slices_of(file: BinaryIO, header: MetaImageHeader) -> Iterator[NDArray[np.generic]]:
    """Every slice in order, shape (y, x) or (y, x, components), little-endian.

    Nothing is read behind the slice asked for last. Raises `PackError` when pixels are missing.
    """
    width, height, _ = header.size
    shape = (height, width) if header.components == 1 else (height, width, header.components)
    file.seek(header.data_offset)
    for chunk in _chunks(file, header):
        array = np.frombuffer(chunk, header.dtype).reshape(shape)
        yield array.astype(header.dtype.newbyteorder("<"), copy=False)


def _chunks(file: BinaryIO, header: MetaImageHeader) -> Iterator[bytes]:
    inflater = cast(_Inflater, isal_zlib.decompressobj()) if header.compressed else None
    for _ in range(header.slices):
        if inflater is None:
            chunk = file.read(header.slice_bytes)
        else:
            chunk = _inflate(file, inflater, header.slice_bytes)
        if len(chunk) != header.slice_bytes:
            raise PackError(
                "truncated", "The image file ends before its last slice. Import it again."
            )
        yield chunk


def _inflate(file: BinaryIO, inflater: _Inflater, size: int) -> bytes:
    """Up to `size` bytes of the zlib stream; fewer when the stream ends."""
    parts: list[bytes] = []
    missing = size
    while missing and not inflater.eof:
        data = inflater.unconsumed_tail or file.read(_READ)
        try:
            part = inflater.decompress(data, missing)
        except (InflateError, ValueError) as error:
            raise PackError(
                "damaged", "The image file's compressed pixels are damaged. Import it again."
            ) from error
        if not part and not data:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _parse(fields: dict[str, str], *, data_offset: int) -> MetaImageHeader:
    axes = _integers(fields, "DimSize")
    count = len(axes)
    if not 2 <= count <= 4 or fields.get("NDims", str(count)) != str(count):
        raise PackError("unsupported", "A slice pack needs an image of 2, 3 or 4 axes.")
    if fields.get("ElementType", "") not in _TYPES:
        raise PackError(
            "unsupported",
            f"Pixels of type {fields.get('ElementType', 'unknown')[:32]} cannot be shown.",
        )
    if not _flag(fields, "BinaryData", default=True):
        raise PackError("unsupported", "Pixels written as text cannot be shown.")
    padded = (*axes, 1, 1)
    header = MetaImageHeader(
        size=(padded[0], padded[1], padded[2]),
        timepoints=padded[3],
        spacing=_three(_floats(fields, ("ElementSpacing", "ElementSize"), count), fill=1.0),
        origin=_three(
            _floats(fields, ("Offset", "Position", "Origin"), count) or (0.0,) * count, fill=0.0
        ),
        direction=_direction(
            _floats(fields, ("TransformMatrix", "Rotation", "Orientation"), count * count), count
        ),
        type=_TYPES[fields["ElementType"]],
        components=_components(fields),
        big_endian=_flag(fields, "BinaryDataByteOrderMSB") or _flag(fields, "ElementByteOrderMSB"),
        compressed=_flag(fields, "CompressedData"),
        data_offset=data_offset,
    )
    _check_size(header, axes)
    return header


def _check_size(header: MetaImageHeader, axes: tuple[int, ...]) -> None:
    if min(axes) < 1 or max(axes) > MAX_SIDE or header.slices > MAX_SLICES:
        raise PackError(
            "too-large", f"The image has an impossible size or more than {MAX_SLICES} slices."
        )
    if header.slice_bytes > MAX_SLICE_BYTES:
        raise PackError("too-large", "One slice of the image takes more than 1 GiB.")


def _components(fields: dict[str, str]) -> int:
    (components,) = (
        _integers(fields, "ElementNumberOfChannels")
        if "ElementNumberOfChannels" in fields
        else (1,)
    )
    if not 1 <= components <= MAX_COMPONENTS:
        raise PackError(
            "unsupported",
            f"The image has {components} channels per pixel; up to {MAX_COMPONENTS} can be shown.",
        )
    return components


def _direction(values: tuple[float, ...], count: int) -> tuple[float, ...]:
    """MetaIO lists one axis after the other;

    return the 3 x 3 matrix with the axes in its columns, row by row.
    """
    if not values:
        return _IDENTITY
    matrix = np.eye(3)
    kept = min(count, 3)
    matrix[:kept, :kept] = np.array(values).reshape(count, count)[:kept, :kept].T
    return tuple(float(v) for v in matrix.ravel())


def _three(values: tuple[float, ...], *, fill: float) -> tuple[float, float, float]:
    x, y, z = (*values, fill, fill, fill)[:3]
    return (abs(x) or 1.0, abs(y) or 1.0, abs(z) or 1.0) if fill else (x, y, z)


def _floats(fields: dict[str, str], names: tuple[str, ...], count: int) -> tuple[float, ...]:
    """The values of the first field present, or nothing."""
    text = next((fields[name] for name in names if name in fields), None)
    if text is None:
        return ()
    try:
        values = tuple(float(v) for v in text.split())
    except ValueError:
        values = ()
    if len(values) != count or not all(math.isfinite(v) for v in values):
        raise PackError(
            "not-metaimage", f"The MetaImage header's {names[0]} is not {count} numbers."
        )
    return values


def _integers(fields: dict[str, str], name: str) -> tuple[int, ...]:
    text = fields.get(name, "")
    values = text.split()
    if not values or not all(v.isascii() and v.isdigit() and len(v) < 12 for v in values):
        raise PackError("not-metaimage", f"The MetaImage header has no usable {name}.")
    return tuple(int(v) for v in values)


def _flag(fields: dict[str, str], name: str, *, default: bool = False) -> bool:
    return fields.get(name, str(default))[:1].lower() in ("t", "1", "y")


def _ascii(data: bytes) -> str:
    return data.decode("ascii", "replace").strip()
