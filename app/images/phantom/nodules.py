"""Pulmonary nodules: solid balls fully surrounded by lung tissue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.images.phantom.geometry import Floats, Frame

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Labels = np.ndarray[Any, np.dtype[np.uint8]]
_ATTEMPTS = 4000


@dataclass(frozen=True, slots=True)
class Nodule:
    """`label` is its value in the labelmap; `center` is LPS mm of the grid, `radius` mm."""

    label: int
    center: tuple[float, float, float]
    radius: float


def place_nodules(
    values: Floats,
    free: Bools,
    frame: Frame,
    random: np.random.Generator,
    *,
    count: int,
    voxel: float,
) -> tuple[Labels, list[tuple[tuple[int, int, int], float]]]:
    """Paint `count` nodules into `values` where `free` (lung without vessels) leaves room.

    `voxel` is the longest edge of a voxel: the margin kept to walls, vessels and other nodules.
    Returns the labelmap and (voxel index (z, y, x), radius) of each. Raises ValueError when the
    grid is too coarse to hold them.
    """
    truth = np.zeros(free.shape, dtype=np.uint8)
    candidates = np.flatnonzero(free)
    placed: list[tuple[tuple[int, int, int], float]] = []
    margin = max(2.5, 1.01 * voxel)
    for attempt in range(_ATTEMPTS):
        if len(placed) == count or candidates.size == 0:
            break
        radius = float(random.uniform(4.0, 11.0)) * (1.0 - 0.5 * attempt / _ATTEMPTS)
        radius = max(radius, 0.6 * voxel)
        index = np.unravel_index(int(random.choice(candidates)), free.shape)
        z, y, x = (int(part) for part in index)
        center = (float(frame.x[x]), float(frame.y[y]), float(frame.z[z]))
        box, (dx, dy, dz) = frame.box(center, radius + margin)
        distance = np.sqrt(dx**2 + dy**2 + dz**2)
        around = distance <= radius + margin
        if not _has_room(frame, center, radius + margin) or not free[box][around].all():
            continue
        inside = distance <= radius
        values[box][inside] = random.uniform(20.0, 90.0)
        truth[box][inside] = len(placed) + 1
        free[box] &= ~around
        placed.append(((z, y, x), radius))
    if len(placed) < count:
        raise ValueError(f"only {len(placed)} of {count} nodules fit into this grid")
    return truth, placed


def _has_room(frame: Frame, center: tuple[float, float, float], reach: float) -> bool:
    """Tell whether the ball lies inside the grid."""
    return all(
        values.min() <= middle - reach and middle + reach <= values.max()
        for values, middle in zip((frame.x, frame.y, frame.z), center, strict=True)
    )
