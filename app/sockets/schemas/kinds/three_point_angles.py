"""Angles at a point."""

from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.kinds.geometry import degrees, direction, family, points


def _measure(found: Mapping[str, Any]) -> str:
    start, middle, end = found["angle"]
    angle = degrees(direction(middle, start), direction(middle, end))
    return "" if angle is None else f"{angle:.1f}°"


KINDS = family(
    keys=("3ANG", "M3AN"),
    labels=("Three-point angle", "Multiple three-point angles"),
    parts={"angle": points(least=3, most=3)},
    plural="angles",
    example={"angle": [[78.3, -17.1, 76.8], [76.8, -57.6, 84.4], [77.1, -19.0, 115.5]]},
    description="The angle at the second of three points.",
    icon="triangle",
    measure=_measure,
)
