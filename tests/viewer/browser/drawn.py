"""What every drawing tool makes of the places that it is given, worked out a second time.

A place is a point of the patient (LPS mm). Nothing here is taken from the viewer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tests.viewer.browser.camera import Camera, Vector

Places = Sequence[Vector]
Value = dict[str, Any]
SPLINE_STEPS = 16


@dataclass(frozen=True)
class Tool:
    """A drawing tool: its key, and the points of the value that places make."""

    key: str
    kind: str
    count: int
    """Places that a test gives."""
    by: Literal["drag", "clicks", "path", "stroke"]
    read: Callable[[Value], list[Any]]
    """The points of a value, in order."""
    make: Callable[[Places, Camera], list[Vector]]
    """The points that the value has, in the same order unless ``loose``."""
    moved: Callable[[Places, Vector, Camera], list[Vector]]
    """The points after its first handle was taken to a place."""
    loose: bool = False


def farthest(found: Sequence[Any], expected: Sequence[Vector], *, loose: bool) -> float:
    """How far the points of a value are from where they should be, at most (mm)."""
    here, there = np.array(found, float), np.array(expected, float)
    if not loose:
        assert here.shape == there.shape, (here.shape, there.shape)
        return float(np.linalg.norm(here - there, axis=1).max())
    distances = np.linalg.norm(here[:, None] - there[None], axis=2)
    return float(max(distances.min(axis=0).max(), distances.min(axis=1).max()))


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector))


def _same(places: Places, camera: Camera) -> list[Vector]:
    return [*places]


def _corners(places: Places, camera: Camera) -> list[Vector]:
    first, second = places
    side = camera.right * float(np.dot(second - first, camera.right))
    return [first, first + side, second, second - side]


def _box(places: Places, camera: Camera) -> list[Vector]:
    """As deep as the rectangle is narrow, half of it to each side of the plane."""
    corners = _corners(places, camera)
    depth = min(
        float(np.linalg.norm(corners[1] - corners[0])),
        float(np.linalg.norm(corners[3] - corners[0])),
    )
    return _around(corners, depth, camera)


def _around(corners: list[Vector], depth: float, camera: Camera) -> list[Vector]:
    return [corner + way * camera.normal * depth / 2 for way in (-1, 1) for corner in corners]


def _box_moved(places: Places, to: Vector, camera: Camera) -> list[Vector]:
    """Its first face goes along its own axis; the box stays as deep as it was."""
    corners = _corners(places, camera)
    depth = float(np.linalg.norm(_box(places, camera)[4] - _box(places, camera)[0]))
    by = camera.right * float(np.dot(to - corners[0], camera.right))
    return _around([corners[0] + by, corners[1], corners[2], corners[3] + by], depth, camera)


def _ellipse(places: Places, camera: Camera) -> list[Vector]:
    a, b, c, d = _corners(places, camera)
    return [(a + d) / 2, (b + c) / 2, (a + b) / 2, (c + d) / 2]


def _ellipse_moved(places: Places, to: Vector, camera: Camera) -> list[Vector]:
    """The end of the long axis is taken: the center stays, the short axis turns along."""
    a, b, c, d = _ellipse(places, camera)
    center = (a + b) / 2
    short = min(float(np.linalg.norm(b - a)), float(np.linalg.norm(d - c)))
    half = _unit(np.cross(camera.normal, to - center)) * short / 2
    return [to, 2 * center - to, center - half, center + half]


def _circle(places: Places, camera: Camera) -> list[Vector]:
    center, edge = places
    across = np.cross(camera.normal, edge - center)
    return [edge, 2 * center - edge, center - across, center + across]


def _two_diameters(places: Places, camera: Camera) -> list[Vector]:
    """Across the middle of the long one, half as long."""
    start, end = places
    quarter = np.cross(camera.normal, end - start) / 4
    middle = (start + end) / 2
    return [start, end, middle - quarter, middle + quarter]


def _two_diameters_moved(places: Places, to: Vector, camera: Camera) -> list[Vector]:
    start, end = places
    quarter = float(np.linalg.norm(end - start)) / 4
    middle = (to + end) / 2
    reach = _unit(np.cross(camera.normal, end - to)) * quarter
    return [to, end, middle - reach, middle + reach]


def _curve(places: Places, *, closed: bool) -> list[Vector]:
    """A Catmull-Rom curve: so many points for each step from place to place."""
    count = len(places)

    def at(index: int) -> Vector:
        return places[index % count] if closed else places[min(count - 1, max(0, index))]

    points = []
    for part in range(count if closed else count - 1):
        p, q, r, s = (at(part + step) for step in (-1, 0, 1, 2))
        for t in np.arange(SPLINE_STEPS) / SPLINE_STEPS:
            linear, square, cubic = r - p, 2 * p - 5 * q + 4 * r - s, 3 * (q - r) + s - p
            points.append(q + 0.5 * t * (linear + t * (square + t * cubic)))
    return points if closed else [*points, places[-1]]


def _line_points(value: Value) -> list[Any]:
    parts = value["path_point_lists"]
    return [*(point for part in parts for point in part[:-1]), parts[-1][-1]]


def _corners_in(value: Value) -> list[Any]:
    return [corner for box in value["boxes"] for corner in box["corners"]]


def _ends_of_lines(value: Value) -> list[Any]:
    return [end for line in value["lines"] for end in line]


def _of_axes(value: Value) -> list[Any]:
    return [*value["major_axis"], *value["minor_axis"]]


def _first_replaced(
    make: Callable[[Places, Camera], list[Vector]],
) -> Callable[[Places, Vector, Camera], list[Vector]]:
    return lambda places, to, camera: make([to, *places[1:]], camera)


def _tool(
    key: str,
    kind: str,
    count: int,
    by: Literal["drag", "clicks", "path", "stroke"],
    read: Callable[[Value], list[Any]],
    make: Callable[[Places, Camera], list[Vector]] = _same,
    *,
    moved: Callable[[Places, Vector, Camera], list[Vector]] | None = None,
    loose: bool = False,
) -> Tool:
    return Tool(key, kind, count, by, read, make, moved or _first_replaced(make), loose)


TOOLS = {
    "length": _tool("!", "DIST", 2, "drag", lambda value: [value["start"], value["end"]]),
    "bidirectional": _tool(
        "Shift+B",
        "MDIS",
        2,
        "drag",
        lambda value: [line[end] for line in value["lines"] for end in ("start", "end")],
        _two_diameters,
        moved=_two_diameters_moved,
        loose=True,
    ),
    "angle": _tool("Shift+A", "3ANG", 3, "clicks", lambda value: value["angle"]),
    "cobb": _tool("Shift+C", "ANGL", 4, "clicks", _ends_of_lines),
    "rectangle": _tool("Shift+R", "2DBB", 2, "drag", lambda value: value["corners"], _corners),
    "ellipse": _tool(
        "Shift+G", "ELLI", 2, "drag", _of_axes, _ellipse, moved=_ellipse_moved, loose=True
    ),
    "circle": _tool(
        "Shift+Q",
        "ELLI",
        2,
        "drag",
        _of_axes,
        _circle,
        moved=lambda places, to, camera: _circle([places[0], to], camera),
        loose=True,
    ),
    "polygon": _tool("Shift+P", "POLY", 4, "path", lambda value: value["path_points"]),
    "spline": _tool(
        "Shift+S",
        "POLY",
        4,
        "path",
        lambda value: value["path_points"],
        lambda places, camera: _curve(places, closed=True),
    ),
    "freehand": _tool("Shift+H", "POLY", 4, "stroke", lambda value: value["path_points"]),
    "line": _tool(
        "Shift+N",
        "LINE",
        3,
        "path",
        _line_points,
        lambda places, camera: _curve(places, closed=False),
    ),
    "arrow": _tool("Shift+W", "LINE", 2, "drag", lambda value: value["seed_points"]),
    "point": _tool("Shift+D", "POIN", 1, "clicks", lambda value: [value["point"]]),
    "probe": _tool("Shift+V", "POIN", 1, "clicks", lambda value: [value["point"]]),
    "multi-point": _tool(
        "Shift+M", "MPOI", 3, "path", lambda value: [each["point"] for each in value["points"]]
    ),
    "point-3d": _tool("Shift+U", "POIN", 1, "clicks", lambda value: [value["point"]]),
    "box-3d": _tool("Shift+Z", "M2DB", 2, "drag", _corners_in, _box, moved=_box_moved, loose=True),
}
