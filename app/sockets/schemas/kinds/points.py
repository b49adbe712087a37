"""Points."""

from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.kinds.geometry import POINT, family


def _measure(found: Mapping[str, Any]) -> str:
    return ""  # where it is says it all


KINDS = family(
    keys=("POIN", "MPOI"),
    labels=("Point", "Multiple points"),
    parts={"point": POINT},
    plural="points",
    example={"point": [152.1, 111.0, 0.5]},
    description="A place in the patient.",
    icon="map-pin",
    measure=_measure,
)
