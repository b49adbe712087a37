"""Where the voxels of an image lie, and whether two images have the same ones. Pure."""

import math
from collections.abc import Sequence
from itertools import product
from typing import Protocol

_CLOSE = 0.05
"""How far apart the voxels of one grid may lie, in voxels: rounding in headers, and no more."""


class Geometry(Protocol):
    """An image's size in voxels, and its geometry in LPS mm (see `app.images.models.Image`)."""

    @property
    def size(self) -> Sequence[int]:
        """Voxels along x, y and z."""

    @property
    def spacing(self) -> Sequence[float]:
        """Mm per voxel along x, y and z."""

    @property
    def origin(self) -> Sequence[float]:
        """Center of the first voxel."""

    @property
    def direction(self) -> Sequence[float]:
        """Row-major 3 x 3 matrix, axes in its columns."""


def place_of(geometry: Geometry, index: Sequence[float]) -> tuple[float, ...]:
    """Return where a voxel index (x, y, z) lies, in LPS mm."""
    steps = [index[axis] * geometry.spacing[axis] for axis in range(3)]
    return tuple(
        geometry.origin[row]
        + sum(geometry.direction[3 * row + axis] * steps[axis] for axis in range(3))
        for row in range(3)
    )


def same_grid(first: Geometry, second: Geometry) -> bool:
    """Tell whether the voxels of two images lie at the same places."""
    if list(first.size) != list(second.size):
        return False
    near = _CLOSE * min(*first.spacing, *second.spacing)
    corners = product(*((0, extent - 1) for extent in first.size))
    return all(
        math.dist(place_of(first, corner), place_of(second, corner)) <= near for corner in corners
    )
