"""Angles between two lines."""

from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.kinds.geometry import degrees, direction, family, points


def _measure(found: Mapping[str, Any]) -> str:
    first, second = found["lines"]
    angle = degrees(direction(*first), direction(*second))
    return "" if angle is None else f"{angle:.1f}°"


KINDS = family(
    keys=("ANGL", "MANG"),
    labels=("Angle", "Multiple angles"),
    parts={
        "lines": {
            "type": "array",
            "items": points(least=2, most=2),
            "minItems": 2,
            "maxItems": 2,
        }
    },
    plural="angles",
    example={
        "lines": [
            [[180.0, 10.0, 0.5], [190.0, 10.0, 0.5]],
            [[180.0, 25.0, 0.5], [190.0, 15.0, 0.5]],
        ]
    },
    description="The angle between two lines that need not meet.",
    icon="chevrons-left-right",
    measure=_measure,
)
