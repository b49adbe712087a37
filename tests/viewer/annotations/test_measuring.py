"""What geometries measure, against values that were worked out by hand or by numpy."""

import math
from typing import Any

import numpy as np
import pytest

from app.sockets.schemas import KINDS
from viewer.annotations.measuring import area_of, length_of, measure
from viewer.annotations.values import GEOMETRY

OBLIQUE = np.linalg.qr(np.array([[2.0, 1.0, 0.5], [-1.0, 1.5, 0.25], [0.5, -0.5, 3.0]]))[0]


def tilted(points: Any) -> list[list[float]]:
    """The same points in another plane of the patient, far from the origin."""
    moved = np.asarray(points, float) @ OBLIQUE.T + [120.0, -340.0, 900.0]
    return [[float(number) for number in point] for point in moved]


def found(value: dict[str, Any], kind: str) -> dict[str, float]:
    return {one.quantity: one.value for one in measure(value, kind=kind)}


def test_every_kind_that_can_be_drawn_is_measured() -> None:
    for kind in GEOMETRY:
        assert measure(KINDS[kind].example, kind=kind), kind


def test_a_distance() -> None:
    start, end = tilted([[0, 0, 0], [3, 4, 12]])
    assert found({"start": start, "end": end}, "DIST") == {"length": pytest.approx(13.0)}


def test_a_polygon_measures_the_same_in_every_plane() -> None:
    flat = [[0, 0, 0], [10, 0, 0], [10, 6, 0], [4, 6, 0], [4, 10, 0], [0, 10, 0]]
    said = found({"path_points": tilted(flat)}, "POLY")
    assert said == {"area": pytest.approx(76.0), "perimeter": pytest.approx(40.0)}


def test_a_circle_of_many_points_comes_close_to_pi() -> None:
    turns = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    path = tilted(np.stack([5 * np.cos(turns), 5 * np.sin(turns), 0 * turns], axis=1))
    assert area_of(path) == pytest.approx(25 * math.pi, rel=1e-5)
    assert length_of(path, closed=True) == pytest.approx(10 * math.pi, rel=1e-5)


def test_an_ellipse() -> None:
    ends = tilted([[-6, 0, 0], [6, 0, 0], [0, -2, 0], [0, 2, 0]])
    said = found({"major_axis": ends[:2], "minor_axis": ends[2:]}, "ELLI")
    assert said["area"] == pytest.approx(12 * math.pi)
    assert (said["major axis"], said["minor axis"]) == (pytest.approx(12), pytest.approx(4))


def test_a_box() -> None:
    corners = tilted([[0, 0, 0], [7, 0, 0], [7, 3, 0], [0, 3, 0]])
    said = found({"corners": corners}, "2DBB")
    assert said == {name: pytest.approx(n) for name, n in zip(said, (7, 3, 21), strict=True)}


@pytest.mark.parametrize("degrees", [0.001, 30.0, 90.0, 179.999])
def test_angles_are_exact_where_lines_are_nearly_parallel(degrees: float) -> None:
    turn = math.radians(degrees)
    middle, first, second = tilted(
        [[0, 0, 0], [9, 0, 0], [4 * math.cos(turn), 4 * math.sin(turn), 0]]
    )
    assert found({"angle": [first, middle, second]}, "3ANG")["angle"] == pytest.approx(degrees)
    lines = {"lines": [[middle, first], [middle, second]]}
    assert found(lines, "ANGL")["angle"] == pytest.approx(degrees)


def test_an_angle_without_a_direction_measures_nothing() -> None:
    assert found({"lines": [[[1, 1, 1], [1, 1, 1]], [[0, 0, 0], [1, 0, 0]]]}, "ANGL") == {}


def test_a_line_is_as_long_as_its_paths_together() -> None:
    paths = [tilted([[0, 0, 0], [3, 4, 0]]), tilted([[0, 0, 0], [0, 0, 2], [0, 0, 1]])]
    assert found({"path_point_lists": paths}, "LINE")["length"] == pytest.approx(8.0)


def test_objects_of_a_value_of_many_are_told_apart() -> None:
    lines = [
        {"start": [0, 0, 0], "end": [2, 0, 0], "name": "A"},
        {"start": [0, 0, 0], "end": [0, 5, 0]},
    ]
    said = measure({"lines": lines}, kind="MDIS")
    assert [(one.item, one.name, one.value) for one in said] == [(0, "A", 2.0), (1, "", 5.0)]
