"""Building blocks of geometry kinds: points are ``[x, y, z]`` in millimetres, LPS.

Sources: DICOM PS3.3 C.7.6.2.1.1 (patient coordinates); the value formats that containers written
for grand-challenge.org read and write.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

MOST_OBJECTS = 100_000
VERSION = {"major": 1, "minor": 0}

POINT: Mapping[str, Any] = {
    "type": "array",
    "items": {"type": "number"},
    "minItems": 3,
    "maxItems": 3,
}
NAME: Mapping[str, Any] = {"type": ["string", "null"], "maxLength": 1000}
PROBABILITY: Mapping[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
_VERSION: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "major": {"type": "integer", "minimum": 0},
        "minor": {"type": "integer", "minimum": 0},
    },
    "required": ["major", "minor"],
    "additionalProperties": False,
}


def points(*, least: int = 0, most: int | None = None) -> dict[str, Any]:
    """Return the schema of a list of points."""
    limits = {"minItems": least, "maxItems": MOST_OBJECTS if most is None else most}
    return {"type": "array", "items": POINT, **limits}


def family(
    *,
    keys: tuple[str, str],
    labels: tuple[str, str],
    parts: Mapping[str, Any],
    plural: str,
    example: Mapping[str, Any],
    description: str,
    icon: str,
    measure: Callable[[Mapping[str, Any]], str],
) -> tuple[SocketKind, SocketKind]:
    """Return the kind of one object and the kind of many; ``plural`` names the list of many."""
    one, many = labels
    lone = {"type": {"enum": [one]}, "name": NAME, "probability": PROBABILITY, **parts}
    single = _closed({**lone, "version": _VERSION}, required=["type", "version", *parts])
    item = _closed(lone, required=list(parts))
    objects = {"type": "array", "items": item, "maxItems": MOST_OBJECTS}
    several = _closed(
        {"type": {"enum": [many]}, "name": NAME, plural: objects, "version": _VERSION},
        required=["type", "version", plural],
    )
    marked = {"name": "Finding 1", "probability": 0.92}
    common: dict[str, Any] = {
        "description": description,
        "display": Display.GEOMETRY,
        "icon": icon,
        "measure": measure,
    }
    findings = [{**marked, **example}, {**example, "name": "Finding 2"}]
    return (
        SocketKind(
            key=keys[0],
            label=one,
            super_kind=SuperKind.VALUE,
            schema=single,
            example={"type": one, **marked, **example, "version": VERSION},
            **common,
        ),
        SocketKind(
            key=keys[1],
            label=many,
            super_kind=SuperKind.VALUE,
            schema=several,
            example={"type": many, "name": "Findings", plural: findings, "version": VERSION},
            objects=plural,
            **{**common, "description": f"Any number of these in one value. {description}"},
        ),
    )


def _closed(properties: Mapping[str, Any], *, required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def millimetres(start: Sequence[float], end: Sequence[float]) -> float:
    """Return the distance of two points."""
    return math.dist(start, end)


def along(path: Sequence[Sequence[float]], *, closed: bool = False) -> float:
    """Return the length of a path, back to its start if ``closed``."""
    steps = list(pairwise(path))
    if closed and path:
        steps.append((path[-1], path[0]))
    return sum(math.dist(start, end) for start, end in steps)


def degrees(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return the angle between two directions; none where one has no length."""
    lengths = math.hypot(*first) * math.hypot(*second)
    if not lengths:
        return None
    cosine = sum(a * b for a, b in zip(first, second, strict=True)) / lengths
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def direction(start: Sequence[float], end: Sequence[float]) -> list[float]:
    """Return the way from one point to another."""
    return [b - a for a, b in zip(start, end, strict=True)]
