"""Curved lines."""

from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.kinds.geometry import MOST_OBJECTS, along, family, points


def _measure(found: Mapping[str, Any]) -> str:
    return f"{sum(along(path) for path in found['path_point_lists']):.1f} mm long"


KINDS = family(
    keys=("LINE", "MLIN"),
    labels=("Line", "Multiple lines"),
    parts={
        "seed_points": points(),
        "path_point_lists": {"type": "array", "items": points(), "maxItems": MOST_OBJECTS},
    },
    plural="lines",
    example={
        "seed_points": [[1.0, 2.0, 3.0], [4.0, 4.0, 3.0]],
        "path_point_lists": [[[1.0, 2.0, 3.0], [2.0, 3.5, 3.0], [4.0, 4.0, 3.0]]],
    },
    description="A curve through seed points, with the path between each two of them.",
    icon="spline",
    measure=_measure,
)
