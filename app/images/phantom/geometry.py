"""The grid of a phantom. LPS mm; arrays are (z, y, x); axes are those of the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Geometry:
    """`shape` is (z, y, x); `spacing` and `origin` are (x, y, z) in mm; the direction is identity:
    x grows to the patient's left, y to the back, z to the head. The middle of the grid is (0,0,0).
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]

    @property
    def origin(self) -> tuple[float, float, float]:
        """Center of the first voxel."""
        x, y, z = (
            -0.5 * (count - 1) * step
            for count, step in zip(self.shape[::-1], self.spacing, strict=True)
        )
        return (round(x, 6), round(y, 6), round(z, 6))

    @property
    def direction(self) -> tuple[float, ...]:
        """Direction cosines, row by row."""
        return (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the body lies in the grid: anatomy coordinates of every voxel along each axis, mm.

    Mirroring and shifting happen here, so that everything painted moves together.
    """

    x: Floats
    y: Floats
    z: Floats

    @classmethod
    def of(
        cls,
        geometry: Geometry,
        *,
        flips: tuple[bool, bool, bool],
        shift: tuple[float, float, float],
    ) -> Frame:
        """Return the coordinates for a body shifted by `shift` (x, y, z) mm, then mirrored."""
        axes = []
        for axis in range(3):
            count, step = geometry.shape[2 - axis], geometry.spacing[axis]
            values = geometry.origin[axis] + step * np.arange(count) - shift[axis]
            axes.append((-values if flips[axis] else values).astype(np.float32))
        return cls(*axes)

    def box(
        self, center: tuple[float, float, float], reach: float
    ) -> tuple[tuple[slice, slice, slice], tuple[Floats, Floats, Floats]]:
        """Return the part of the grid within `reach` mm of a point, and the distances along x, y, z
        shaped to broadcast over (z, y, x)."""
        slices = []
        for values, middle in zip((self.z, self.y, self.x), center[::-1], strict=True):
            inside = np.flatnonzero(np.abs(values - np.float32(middle)) <= reach)
            slices.append(slice(0, 0) if inside.size == 0 else slice(inside[0], inside[-1] + 1))
        dz = (self.z[slices[0]] - np.float32(center[2]))[:, None, None]
        dy = (self.y[slices[1]] - np.float32(center[1]))[None, :, None]
        dx = (self.x[slices[2]] - np.float32(center[0]))[None, None, :]
        return (slices[0], slices[1], slices[2]), (dx, dy, dz)
