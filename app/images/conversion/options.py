"""What a person may choose about a conversion; the defaults never alter an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Options:
    """Choices of one conversion run; `dataclasses.asdict` makes them JSON.

    `tilt`: what becomes of slices stacked obliquely (tilted gantry): `refuse` names them
    (GantryTilt), `shear` resamples them onto an orthogonal grid, which the image then says.
    """

    tilt: Literal["refuse", "shear"] = "refuse"

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Options:
        """Return the options written as JSON. Raises ValueError for what is no option."""
        unknown = set(values) - {"tilt"}
        if unknown or values.get("tilt", "refuse") not in ("refuse", "shear"):
            raise ValueError("unknown option")
        return cls(tilt=values.get("tilt", "refuse"))
