"""Which voxels of an image a flat shape covers. Pure.

A shape lies in any plane. Along the image axis that pierces the plane most steeply, each column of
voxels meets it in one point: where that point is inside the shape, the voxel next to it counts. So
no place is counted twice, and in a stored slice it is the voxels whose centers are inside.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.sockets.schemas import get_kind
from viewer.annotations.grids import Geometry
from viewer.annotations.values import SINGLE

Array = NDArray[Any]
FLAT_KINDS = ("2DBB", "ELLI", "POLY")
_TINY = 1e-9


@dataclass(frozen=True)
class Region:
    """The voxels of one shape as indices (x, y, z), one per row by z; ``item`` counts objects."""

    voxels: Array
    item: int | None = None
    name: str = ""

    @property
    def slices(self) -> set[int]:
        """The slices that it has voxels in."""
        return {int(index) for index in np.unique(self.voxels[:, 2])}

    def on(self, index: int) -> tuple[Array, Array]:
        """Return rows and columns of its voxels in a slice."""
        start, end = np.searchsorted(self.voxels[:, 2], [index, index + 1])
        found = self.voxels[start:end]
        return found[:, 1], found[:, 0]


def regions_of(value: Mapping[str, Any], *, kind: str, grid: Geometry) -> Iterator[Region]:
    """Yield a region for each flat shape of a value; none for kinds that enclose nothing."""
    single = SINGLE.get(kind, kind)
    if single not in FLAT_KINDS:
        return
    is_lone = single == kind
    objects = [value] if is_lone else value[get_kind(kind).objects]
    for number, found in enumerate(objects):
        item = None if is_lone else number
        name = str(found.get("name") or "")
        yield Region(_voxels(found, kind=single, grid=grid), item=item, name=name)


def _voxels(found: Mapping[str, Any], *, kind: str, grid: Geometry) -> Array:
    if kind == "ELLI":
        major, minor = (_indices(found[name], grid) for name in ("major_axis", "minor_axis"))
        center = (major[0] + major[1] + minor[0] + minor[1]) / 4
        return _in_ellipse(center, (major[1] - major[0]) / 2, (minor[1] - minor[0]) / 2, grid)
    return _in_polygon(_indices(found["corners" if kind == "2DBB" else "path_points"], grid), grid)


def _indices(points: Iterable[Sequence[float]], grid: Geometry) -> Array:
    """Return places in LPS mm as indices of voxels, with their fractions."""
    places = np.asarray(list(points), float).reshape(-1, 3)
    steps = np.asarray(grid.direction, float).reshape(3, 3) * np.asarray(grid.spacing, float)
    return np.linalg.solve(steps, (places - np.asarray(grid.origin, float)).T).T


def _in_polygon(path: Array, grid: Geometry) -> Array:
    normal = _newell(path)
    axis = int(np.argmax(np.abs(normal))) if len(path) >= 3 else 0
    if not np.abs(normal).max(initial=0.0) > _TINY:
        return np.empty((0, 3), int)
    across = [other for other in range(3) if other != axis]
    flat = path[:, across]
    rows: list[Array] = []
    low, high = _bounds(flat[:, 1], grid.size[across[1]])
    for row in range(low, high + 1):
        columns = _inside(flat, row, int(grid.size[across[0]]))
        rows.append(np.stack([columns, np.full_like(columns, row)], axis=1))
    found = np.concatenate(rows) if rows else np.empty((0, 2), int)
    return _on_plane(found, normal, path.mean(axis=0), axis=axis, across=across, grid=grid)


def _in_ellipse(center: Array, first: Array, second: Array, grid: Geometry) -> Array:
    normal = np.cross(first, second)
    axis = int(np.argmax(np.abs(normal)))
    if not abs(normal[axis]) > _TINY:
        return np.empty((0, 3), int)
    across = [other for other in range(3) if other != axis]
    reach = np.sqrt(first**2 + second**2)[across]
    sides = []
    for place, (other, far) in enumerate(zip(across, reach, strict=True)):
        ends = center[across][place] + np.array([-far, far])
        low, high = _bounds(ends, grid.size[other])
        sides.append(np.arange(low, high + 1))
    pairs = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 2)
    axes = np.stack([first[across], second[across]], axis=1)
    turned = np.linalg.solve(axes, (pairs - center[across]).T)
    inside = pairs[(turned**2).sum(axis=0) <= 1 + _TINY]
    return _on_plane(inside, normal, center, axis=axis, across=across, grid=grid)


def _on_plane(
    pairs: Array, normal: Array, point: Array, *, axis: int, across: list[int], grid: Geometry
) -> Array:
    """Return the voxels next to a plane in some columns, without those outside of the image."""
    along = point[axis] - ((pairs - point[across]) @ normal[across]) / normal[axis]
    places = np.floor(along + 0.5 + _TINY)
    within = (places >= 0) & (places < grid.size[axis])
    voxels = np.empty((int(within.sum()), 3), np.int32)
    voxels[:, across] = pairs[within]
    voxels[:, axis] = places[within]
    return voxels[np.argsort(voxels[:, 2], kind="stable")]


def _inside(flat: Array, row: int, width: int) -> Array:
    """Return the columns of a row whose centers are inside a closed path, by the even-odd rule."""
    start, end = flat, np.roll(flat, -1, axis=0)
    crosses = (start[:, 1] <= row) != (end[:, 1] <= row)
    a, b = start[crosses], end[crosses]
    places = np.sort(a[:, 0] + (row - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1]))
    columns = [
        np.arange(max(0, int(np.ceil(left))), min(width - 1, int(np.ceil(right)) - 1) + 1)
        for left, right in zip(places[::2], places[1::2], strict=True)
    ]
    return np.concatenate(columns) if columns else np.empty(0, int)


def _bounds(places: Array, size: int) -> tuple[int, int]:
    """Return the first and last whole number between places, within an image's side."""
    low, high = np.ceil(places.min() - _TINY), np.floor(places.max() + _TINY)
    return int(np.clip(low, 0, size)), int(np.clip(high, -1, size - 1))


def _newell(path: Array) -> Array:
    """Return the normal of a closed path, as long as twice its area."""
    if len(path) < 3:
        return np.zeros(3)
    moved = path - path[0]
    found: Array = np.cross(moved, np.roll(moved, -1, axis=0)).sum(axis=0)
    return found
