"""Ellipses."""

from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.kinds.geometry import family, millimetres, points


def _measure(found: Mapping[str, Any]) -> str:
    axes = (millimetres(*found[name]) for name in ("major_axis", "minor_axis"))
    return " × ".join(f"{axis:.1f}" for axis in axes) + " mm"


KINDS = family(
    keys=("ELLI", "MELL"),
    labels=("Ellipse", "Multiple ellipses"),
    parts={"major_axis": points(least=2, most=2), "minor_axis": points(least=2, most=2)},
    plural="ellipses",
    example={
        "major_axis": [[-10.0, 606.0, 0.5], [39.0, 559.0, 0.5]],
        "minor_axis": [[2.0, 570.0, 0.5], [26.0, 595.0, 0.5]],
    },
    description="An ellipse in one plane, by the ends of its two axes.",
    icon="circle-dashed",
    measure=_measure,
)
