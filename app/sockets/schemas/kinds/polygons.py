"""Polygons."""

from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.kinds.geometry import POINT, along, family, points


def _measure(found: Mapping[str, Any]) -> str:
    path = found["path_points"]
    return f"{len(path)} points, {along(path, closed=True):.1f} mm around"


KINDS = family(
    keys=("POLY", "MPOL"),
    labels=("Polygon", "Multiple polygons"),
    parts={
        "seed_point": POINT,
        "path_points": points(),
        "sub_type": {"type": "string", "maxLength": 100},
        "groups": {
            "type": "array",
            "items": {"type": "string", "maxLength": 1000},
            "maxItems": 1000,
        },
    },
    plural="polygons",
    example={
        "seed_point": [76.4, 124.0, 0.5],
        "path_points": [[76.4, 124.0, 0.5], [76.6, 124.4, 0.5], [77.0, 124.2, 0.5]],
        "sub_type": "brush",
        "groups": ["manual"],
    },
    description="An outline: its points in order, the point it was begun at, and its groups.",
    icon="pentagon",
    measure=_measure,
)
