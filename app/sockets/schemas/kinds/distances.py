"""Distances between two points."""

from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.kinds.geometry import POINT, family, millimetres


def _measure(found: Mapping[str, Any]) -> str:
    return f"{millimetres(found['start'], found['end']):.1f} mm"


KINDS = family(
    keys=("DIST", "MDIS"),
    labels=("Distance measurement", "Multiple distance measurements"),
    parts={"start": POINT, "end": POINT},
    plural="lines",
    example={"start": [59.8, 78.8, 0.5], "end": [69.4, 143.8, 0.5]},
    description="A straight line between two points; its length is the measurement.",
    icon="ruler",
    measure=_measure,
)
