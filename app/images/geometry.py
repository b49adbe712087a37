"""An image's geometry in words. LPS: x grows to the left, y to the back, z to the head."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_TOWARDS = (("right", "left"), ("front", "back"), ("feet", "head"))
_PLANES = ("sagittal", "coronal", "axial")
_EXACT_DEGREES = 0.5


@dataclass(frozen=True)
class Axis:
    """One axis of an image: ``steps`` of ``spacing`` mm, and where it leads."""

    name: str
    steps: int
    spacing: float
    leads: str

    @property
    def step(self) -> str:
        """One step in words, mm."""
        return f"{self.spacing:.4g}"

    @property
    def extent(self) -> float:
        """Length of the image along the axis in mm."""
        return self.steps * self.spacing


def axis_of(direction: Sequence[float], axis: int) -> tuple[float, float, float]:
    """Return the unit vector of an axis from a row-major 3 x 3 matrix (axes in its columns)."""
    return direction[axis], direction[axis + 3], direction[axis + 6]


def leads_to(vector: Sequence[float]) -> str:
    """Return where an axis leads, such as ``to the left, 12° off``."""
    place, off = _nearest(vector)
    side = _TOWARDS[place][vector[place] > 0]
    tilt = f", {off:.0f}° off" if off >= _EXACT_DEGREES else ""
    return f"to the {side}{tilt}"


def plane_of(direction: Sequence[float]) -> str:
    """Return how the slices lie, such as ``axial`` or ``coronal, 12° oblique``."""
    place, off = _nearest(axis_of(direction, 2))
    tilt = f", {off:.0f}° oblique" if off >= _EXACT_DEGREES else ""
    return f"{_PLANES[place]}{tilt}"


def _nearest(vector: Sequence[float]) -> tuple[int, float]:
    """Return the body's axis next to a vector and the angle between them in degrees."""
    length = math.hypot(*vector) or 1.0
    place = max(range(3), key=lambda axis: abs(vector[axis]))
    return place, math.degrees(math.acos(min(1.0, abs(vector[place]) / length)))
