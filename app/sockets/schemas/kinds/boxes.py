"""Boxes in a plane."""

from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.kinds.geometry import family, millimetres, points


def _measure(found: Mapping[str, Any]) -> str:
    first, second, third, _ = found["corners"]
    return f"{millimetres(first, second):.1f} × {millimetres(second, third):.1f} mm"


KINDS = family(
    keys=("2DBB", "M2DB"),
    labels=("2D bounding box", "Multiple 2D bounding boxes"),
    parts={"corners": points(least=4, most=4)},
    plural="boxes",
    example={
        "corners": [[130.8, 148.9, 0.5], [69.7, 148.9, 0.5], [69.7, 73.1, 0.5], [130.8, 73.1, 0.5]]
    },
    description="A rectangle in one plane, by its four corners.",
    icon="square-dashed",
    measure=_measure,
)
