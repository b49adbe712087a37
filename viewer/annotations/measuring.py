"""What a geometry measures: lengths, areas and angles, in mm, mm² and degrees. Pure.

Values are those of the socket kinds (`docs/schemas/`), in LPS mm, so nothing here needs an image.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.sockets.schemas import get_kind

Point = Sequence[float]
Geometry = Mapping[str, Any]


@dataclass(frozen=True)
class Measurement:
    """One number; ``item`` counts the objects of a value of many, and is None of a lone one."""

    quantity: str
    value: float
    unit: str
    item: int | None = None
    name: str = ""


def measure(value: Geometry, *, kind: str) -> list[Measurement]:
    """Return everything that a geometry measures, object by object."""
    plural = get_kind(kind).objects
    measure_one = _BY_KIND[kind]
    if not plural:
        return [Measurement(*found, name=value.get("name") or "") for found in measure_one(value)]
    return [
        Measurement(*found, item=number, name=item.get("name") or "")
        for number, item in enumerate(value[plural])
        for found in measure_one(item)
    ]


def length_of(path: Sequence[Point], *, closed: bool = False) -> float:
    """Return the length of a path in mm, back to its beginning if ``closed``."""
    steps = sum(math.dist(start, end) for start, end in pairwise(path))
    return steps + (math.dist(path[-1], path[0]) if closed and path else 0.0)


def area_of(path: Sequence[Point]) -> float:
    """Return the area in mm² that a closed path in a plane encloses, by Newell's formula.

    Of a path that leaves its plane it is that of its projection on the plane it is nearest to.
    """
    if len(path) < 3:
        return 0.0
    origin = path[0]
    total = [0.0, 0.0, 0.0]
    for first, second in pairwise((*path, origin)):
        a = [first[axis] - origin[axis] for axis in range(3)]
        b = [second[axis] - origin[axis] for axis in range(3)]
        for axis, part in enumerate(_cross(a, b)):
            total[axis] += part
    return math.hypot(*total) / 2


def angle_of(first: Point, second: Point) -> float | None:
    """Return the angle between two directions in degrees; none where one has no length."""
    lengths = math.hypot(*first) * math.hypot(*second)
    if not lengths:
        return None
    # more exact than the arc cosine where directions are nearly parallel
    across = math.hypot(*_cross(first, second))
    along = sum(a * b for a, b in zip(first, second, strict=True))
    return math.degrees(math.atan2(across, along))


_Found = tuple[str, float, str]


def _distance(found: Geometry) -> Iterator[_Found]:
    yield "length", math.dist(found["start"], found["end"]), "mm"


def _line(found: Geometry) -> Iterator[_Found]:
    yield "length", sum(length_of(path) for path in found["path_point_lists"]), "mm"


def _polygon(found: Geometry) -> Iterator[_Found]:
    yield "area", area_of(found["path_points"]), "mm²"
    yield "perimeter", length_of(found["path_points"], closed=True), "mm"


def _box(found: Geometry) -> Iterator[_Found]:
    corners = found["corners"]
    yield "width", math.dist(corners[0], corners[1]), "mm"
    yield "height", math.dist(corners[1], corners[2]), "mm"
    yield "area", area_of(corners), "mm²"


def _ellipse(found: Geometry) -> Iterator[_Found]:
    major, minor = math.dist(*found["major_axis"]), math.dist(*found["minor_axis"])
    yield "major axis", major, "mm"
    yield "minor axis", minor, "mm"
    yield "area", math.pi * major * minor / 4, "mm²"


def _angle(found: Geometry) -> Iterator[_Found]:
    first, second = (_direction(*line) for line in found["lines"])
    if (angle := angle_of(first, second)) is not None:
        yield "angle", angle, "°"


def _three_point_angle(found: Geometry) -> Iterator[_Found]:
    start, middle, end = found["angle"]
    if (angle := angle_of(_direction(middle, start), _direction(middle, end))) is not None:
        yield "angle", angle, "°"


def _point(found: Geometry) -> Iterator[_Found]:
    yield from (("x", found["point"][0], "mm"), ("y", found["point"][1], "mm"))
    yield "z", found["point"][2], "mm"


def _cross(a: Point, b: Point) -> tuple[float, float, float]:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def _direction(start: Point, end: Point) -> list[float]:
    return [b - a for a, b in zip(start, end, strict=True)]


_ONE_AND_MANY: tuple[tuple[str, str, Callable[[Geometry], Iterator[_Found]]], ...] = (
    ("DIST", "MDIS", _distance),
    ("LINE", "MLIN", _line),
    ("POLY", "MPOL", _polygon),
    ("2DBB", "M2DB", _box),
    ("ELLI", "MELL", _ellipse),
    ("ANGL", "MANG", _angle),
    ("3ANG", "M3AN", _three_point_angle),
    ("POIN", "MPOI", _point),
)
_BY_KIND = {key: found for one, many, found in _ONE_AND_MANY for key in (one, many)}
