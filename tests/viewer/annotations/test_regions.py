"""Which voxels a shape covers: against the plain definition, and against areas and volumes."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.viewer.annotations.test_values import Grid
from viewer.annotations.grids import place_of
from viewer.annotations.regions import regions_of

Array = NDArray[Any]
TURN = math.radians(20)
TILTED = [
    math.cos(TURN), 0.0, math.sin(TURN), 0.0, 1.0, 0.0, -math.sin(TURN), 0.0, math.cos(TURN),
]  # fmt: skip
GRIDS = {
    "straight": Grid(),
    "oblique and anisotropic": Grid(direction=TILTED, spacing=[0.6, 0.9, 2.2]),
}


def in_slice(points: Any, grid: Grid, index: int) -> list[list[float]]:
    """Points of a stored slice, given by column and row, in mm."""
    return [list(place_of(grid, (x, y, index))) for x, y in points]


def one(value: Any, kind: str, grid: Grid) -> Array:
    (region,) = regions_of(value, kind=kind, grid=grid)
    return region.voxels


def even_odd(path: Array, x: float, y: float) -> bool:
    """The plain definition: how often a ray to the right crosses the path."""
    inside = False
    for (ax, ay), (bx, by) in zip(path, np.roll(path, -1, axis=0), strict=True):
        if (ay <= y) != (by <= y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_a_polygon_in_a_stored_slice(grid: Grid) -> None:
    path = np.array([[3.3, 2.2], [30.7, 4.1], [22.2, 15.4], [35.1, 27.6], [4.9, 21.3]])
    found = one({"path_points": in_slice(path, grid, 7)}, "POLY", grid)
    assert set(found[:, 2]) == {7}
    expected = {(x, y) for x in range(40) for y in range(30) if even_odd(path, x, y)}
    assert {(x, y) for x, y, _ in found} == expected
    assert len(found) == len(expected) > 300


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_an_ellipse_in_a_stored_slice(grid: Grid) -> None:
    value = {
        "major_axis": in_slice([(8.0, 15.0), (32.0, 15.0)], grid, 3),
        "minor_axis": in_slice([(20.0, 8.5), (20.0, 21.5)], grid, 3),
    }
    found = one(value, "ELLI", grid)
    expected = {
        (x, y)
        for x in range(40)
        for y in range(30)
        if ((x - 20) / 12) ** 2 + ((y - 15) / 6.5) ** 2 <= 1 + 1e-12
    }
    assert {(x, y) for x, y, _ in found} == expected
    assert set(found[:, 2]) == {3}


def test_a_shape_across_slices_has_one_voxel_per_column() -> None:
    grid = Grid(spacing=[1.0, 1.0, 1.0], origin=[0.0, 0.0, 0.0], size=[60, 60, 60])
    turn = math.radians(35)  # the plane leans to the third axis
    right, down = np.array([1.0, 0, 0]), np.array([0, math.cos(turn), math.sin(turn)])
    center = np.array([30.0, 30.0, 30.0])
    corners = [
        center + 10 * (a * right + b * down) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    found = one({"corners": [[*map(float, corner)] for corner in corners]}, "2DBB", grid)
    assert len({(x, y) for x, y, _ in found}) == len(found)
    normal = np.cross(right, down)
    assert (np.abs((found - center) @ normal) <= 0.5).all()
    assert len(found) / math.cos(turn) == pytest.approx(400, rel=0.05)
    assert len({z for _, _, z in found}) > 8


def test_shapes_that_leave_the_image_are_cut() -> None:
    grid = Grid()
    path = [(-50, -50), (500, -50), (500, 500), (-50, 500)]
    found = one({"path_points": in_slice(path, grid, 0)}, "POLY", grid)
    assert len(found) == 40 * 30
    outside = one({"path_points": in_slice(path, grid, 25)}, "POLY", grid)
    assert len(outside) == 0
    beside = one({"path_points": in_slice([(50, 50), (60, 50), (60, 60)], grid, 3)}, "POLY", grid)
    assert len(beside) == 0


@pytest.mark.parametrize("points", [[], [(3, 3)], [(3, 3), (9, 9)], [(3, 3), (6, 6), (9, 9)]])
def test_what_encloses_nothing_has_no_voxels(points: Any) -> None:
    grid = Grid()
    assert len(one({"path_points": in_slice(points, grid, 0)}, "POLY", grid)) == 0


def test_an_ellipse_without_width_has_no_voxels() -> None:
    grid = Grid()
    flat = in_slice([(3, 3), (9, 9)], grid, 0)
    assert len(one({"major_axis": flat, "minor_axis": flat}, "ELLI", grid)) == 0


def test_lines_and_points_enclose_nothing() -> None:
    assert [*regions_of({"start": [0, 0, 0], "end": [1, 1, 1]}, kind="DIST", grid=Grid())] == []


def test_regions_of_many_are_told_apart() -> None:
    grid = Grid()
    boxes = [
        {"corners": in_slice([(1, 1), (4, 1), (4, 4), (1, 4)], grid, index), "name": f"Box {index}"}
        for index in (2, 9)
    ]
    found = [*regions_of({"boxes": boxes}, kind="M2DB", grid=grid)]
    assert [(one.item, one.name, one.slices) for one in found] == [
        (0, "Box 2", {2}),
        (1, "Box 9", {9}),
    ]
