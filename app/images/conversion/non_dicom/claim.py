"""What the header of a file claims, before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from app.images.conversion.issues import ConversionError, Remark

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pixels:
    """Where the stored values are: in `path` from byte `start` on, plain or `packed` (gzip, zlib).

    The first `skip` bytes that come out of a packed stream are no pixels; `length` is how long
    the header says the stream is.
    """

    path: Path
    start: int = 0
    packed: bool = False
    skip: int = 0
    length: int | None = None

    @property
    def stored_bytes(self) -> int:
        """Bytes there are, packed or not."""
        return self.path.stat().st_size - self.start


@dataclass(frozen=True, slots=True)
class Claim:
    """Size, type, place and geometry of the pixels; LPS mm, axes in the order of the file.

    `spacing`, `origin` and `axes` (unit vectors) have as many entries as `size`, a fourth for
    time: seconds, or 1 when `time_step` is None. Values are `slope` times stored ones plus
    `intercept`. `fields` are what a MetaImage header may tell beyond geometry.
    """

    files: tuple[Path, ...]
    size: tuple[int, ...]
    dtype: np.dtype[Any]
    pixels: Pixels
    spacing: Vector
    origin: Vector
    axes: tuple[Vector, ...]
    components: int = 1
    slope: float = 1.0
    intercept: float = 0.0
    time_step: float | None = None
    spacing_valid: bool = True
    fields: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()

    @property
    def pixel_bytes(self) -> int:
        """Bytes of all pixels as they are stored, unpacked."""
        return math.prod(self.size) * self.components * self.dtype.itemsize

    @property
    def rescaled(self) -> bool:
        """Tell whether the values differ from the stored ones."""
        return (self.slope, self.intercept) != (1.0, 0.0)

    def error(self, code: str, message: str) -> ConversionError:
        """Return an error about these files."""
        return ConversionError(code, message, files=self.files)


@dataclass(frozen=True, slots=True)
class Frame:
    """Geometry of a claim, put together: see there."""

    spacing: Vector
    origin: Vector
    axes: tuple[Vector, ...]


def frame_of(affine: np.ndarray[Any, np.dtype[np.float64]], *, time: float | None) -> Frame:
    """Return the frame of an index to LPS mm matrix (3 x 4), and of time if there is a time axis.

    The columns must be perpendicular and not zero.
    """
    lengths = np.linalg.norm(affine[:, :3], axis=0)
    units = (affine[:, :3] / lengths).T
    spacing = [float(value) for value in lengths]
    origin = [float(value) for value in affine[:, 3]]
    axes = [tuple(float(value) for value in unit) for unit in units]
    if time is not None:
        spacing, origin = [*spacing, time], [*origin, 0.0]
        axes = [(*axis, 0.0) for axis in axes] + [(0.0, 0.0, 0.0, 1.0)]
    return Frame(tuple(spacing), tuple(origin), tuple(axes))


def plain_frame(spacing: Vector) -> Frame:
    """Return the frame of an image that says nothing of its orientation."""
    count = len(spacing)
    axes = tuple(tuple(float(row == column) for column in range(count)) for row in range(count))
    return Frame(spacing, (0.0,) * count, axes)


def perpendicular(affine: np.ndarray[Any, np.dtype[np.float64]]) -> bool:
    """Tell whether the first three columns are perpendicular to 0.1 % and none is zero."""
    lengths = np.linalg.norm(affine[:, :3], axis=0)
    if not (lengths > 0).all():
        return False
    units = affine[:, :3] / lengths
    return bool(np.allclose(units.T @ units, np.eye(3), atol=1e-3))


def data_file(header: Path, name: str) -> Path:
    """Return the data file a header names; it must lie beside the header under a plain name.

    Raises UnsafePath or MissingDataFile.
    """
    if not name or "/" in name or "\\" in name or "\0" in name or name in {".", ".."}:
        raise ConversionError(
            "UnsafePath", "The header names a data file outside its own folder.", files=[header]
        )
    path = header.parent / name
    if path.is_symlink():
        raise ConversionError("UnsafePath", "The data file is a link.", files=[header, path])
    if not path.is_file():
        raise ConversionError(
            "MissingDataFile", f"The data file {name[:80]!r} was not uploaded.", files=[header]
        )
    return path


def read_text_header(path: Path, *, limit: int = 65536) -> bytes:
    """Return the first bytes of a file, in which text headers must end."""
    with path.open("rb") as file:
        return file.read(limit)
