"""Slices of a mask on the wire: base64 of zlib (RFC 1950) of raw voxels. Pure.

What comes from outside is inflated no further than one slice is long, and taken as it was sent
only if it is exactly that slice.
"""

import base64
import binascii
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.sockets.schemas import InvalidValue

MOST_SLICES = 512
"""The most slices that one change may hold."""
MOST_SLICE_BYTES = 64 * 2**20
"""The most bytes of one slice before compression; larger pictures have no masks yet."""
HIGHEST_LABEL = 65_535
COUNTED_AT_ONCE = 2**20
LEVEL = 6

Counts = dict[int, int]


@dataclass(frozen=True)
class Grid:
    """Where a mask lives: its image's size in voxels, and the bits of each voxel."""

    width: int
    height: int
    depth: int
    bits: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a voxel, little-endian."""
        return np.dtype("u1" if self.bits == 8 else "<u2")

    @property
    def slice_bytes(self) -> int:
        """The length of one slice before compression."""
        return self.width * self.height * self.bits // 8


@dataclass(frozen=True)
class PackedSlice:
    """One slice as it is stored: compressed, empty where all is 0, with its voxels per label."""

    index: int
    data: bytes
    counts: Counts


def read_slices(given: Any, *, grid: Grid, declared: set[int]) -> list[PackedSlice]:
    """Return checked slices of a change, else raise `InvalidValue` naming the slice."""
    if not isinstance(given, list) or len(given) > MOST_SLICES:
        raise InvalidValue(f"Slices are a list of at most {MOST_SLICES}.", field="slices")
    if grid.slice_bytes > MOST_SLICE_BYTES:
        raise InvalidValue("This picture is too large for a mask.", field="slices")
    found: dict[int, PackedSlice] = {}
    for place, one in enumerate(given):
        field = f"slices[{place}]"
        packed = _read(one, grid=grid, field=field)
        if packed.index in found:
            raise InvalidValue("Another slice has this index already.", field=f"{field}.index")
        unknown = sorted(set(packed.counts) - declared)
        if unknown:
            raise InvalidValue(
                f"It holds the voxel value {unknown[0]}, which none of the segments has.",
                field=f"{field}.data",
            )
        found[packed.index] = packed
    return list(found.values())


def pack(voxels: NDArray[np.generic], *, index: int, grid: Grid) -> PackedSlice:
    """Return a slice (y, x) of labels, compressed; raise `InvalidValue` if one is too large."""
    counts = count_labels(voxels)
    for label in (min(counts, default=0), max(counts, default=0)):
        if not 0 <= label < 1 << grid.bits:
            raise InvalidValue(f"A voxel of {grid.bits} bits cannot hold {label}.")
    plain = np.ascontiguousarray(voxels, dtype=grid.dtype)
    data = zlib.compress(plain.tobytes(), LEVEL) if counts else b""
    return PackedSlice(index=index, data=data, counts=counts)


def unpack(data: bytes, *, grid: Grid) -> NDArray[Any]:
    """Return the voxels (y, x) of a stored slice; raise `InvalidValue` for what is none."""
    shape = (grid.height, grid.width)
    if not data:
        return np.zeros(shape, grid.dtype)
    return np.frombuffer(_inflate(data, size=grid.slice_bytes), grid.dtype).reshape(shape)


def count_labels(voxels: NDArray[Any]) -> Counts:
    """Return how many voxels each label but 0 has; takes little more memory than the voxels."""
    flat = voxels.ravel()
    if not flat.size:
        return {}
    if flat.min() < 0 or flat.max() > HIGHEST_LABEL:  # one place for each label would be too many
        labels, found = np.unique(flat, return_counts=True)
        return {int(a): int(b) for a, b in zip(labels, found, strict=True) if a}
    counts = np.zeros(int(flat.max()) + 1, np.int64)
    for start in range(
        0, flat.size, COUNTED_AT_ONCE
    ):  # numpy widens to 8 bytes each what it counts
        part = flat[start : start + COUNTED_AT_ONCE]
        counts += np.bincount(part, minlength=len(counts))
    return {int(label): int(counts[label]) for label in np.flatnonzero(counts) if label}


def on_wire(slices: Iterable[tuple[int, bytes]]) -> list[dict[str, Any]]:
    """Return slices as clients read them."""
    return [{"index": index, "data": base64.b64encode(data).decode()} for index, data in slices]


def _read(given: Any, *, grid: Grid, field: str) -> PackedSlice:
    if not isinstance(given, Mapping) or set(given) != {"index", "data"}:
        raise InvalidValue("A slice has an index and data.", field=field)
    index, text = given["index"], given["data"]
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < grid.depth:
        raise InvalidValue(
            f"Slices are counted from 0 to {grid.depth - 1}.", field=f"{field}.index"
        )
    if not isinstance(text, str):
        raise InvalidValue("The data of a slice are text.", field=f"{field}.data")
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
        voxels = unpack(data, grid=grid)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise InvalidValue("This is not base64.", field=f"{field}.data") from error
    except InvalidValue as error:
        raise InvalidValue(error.message, field=f"{field}.data") from error
    counts = count_labels(voxels)
    return PackedSlice(index=index, data=data if counts else b"", counts=counts)


def _inflate(data: bytes, *, size: int) -> bytes:
    """Return exactly ``size`` bytes of a complete zlib stream with nothing behind it."""
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(data, size)
        if not inflater.eof:  # the checksum may still wait, but no voxel may
            found += inflater.decompress(inflater.unconsumed_tail, 1)
    except zlib.error as error:
        raise InvalidValue("This is not a slice compressed with deflate (zlib).") from error
    if len(found) != size:
        raise InvalidValue(f"A slice of this mask has {size} bytes before compression.")
    if not inflater.eof or inflater.unused_data:
        raise InvalidValue("The compressed slice does not end where it should.")
    return found
