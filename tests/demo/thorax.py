"""A small random thorax: body, two lungs, vessels and nodules, in Hounsfield units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

AIR, LUNG, TISSUE = -1000, -850, 40


@dataclass(frozen=True)
class Thorax:
    """`volume` and the true nodule mask, both (z, y, x); voxels are 2 mm cubes."""

    volume: NDArray[np.int16]
    nodules: NDArray[np.bool_]


def random_thorax(seed: int, *, shape: tuple[int, int, int] = (40, 96, 96)) -> Thorax:
    """Draw a thorax whose nodules, flips and shift depend on the seed alone."""
    rng = np.random.default_rng(seed)
    grid = np.indices(shape).astype(np.float32)
    size = np.array(shape, dtype=float)
    middle = (size - 1) / 2
    body = _inside(grid, centre=middle, radii=size * (9.0, 0.30, 0.40))
    volume = np.where(body, TISSUE, AIR).astype(np.int16)
    nodules = np.zeros(shape, dtype=bool)
    for side in (-1, 1):
        centre = middle + size * (0, 0, side * 0.18)
        volume[_inside(grid, centre=centre, radii=size * (0.45, 0.22, 0.14))] = LUNG
        for height in (-0.2, 0.2):
            place = centre + size * (height, *rng.uniform(-0.06, 0.06, 2))
            nodules |= _inside(grid, centre=place, radii=np.full(3, rng.uniform(2.5, 4.0)))
    volume[nodules] = TISSUE
    volume += rng.normal(0, 20, shape).astype(np.int16)
    return _moved(Thorax(volume=volume, nodules=nodules), rng=rng)


def _inside(grid: NDArray[np.float32], *, centre: Any, radii: Any) -> NDArray[np.bool_]:
    distance = sum(((grid[axis] - centre[axis]) / radii[axis]) ** 2 for axis in range(3))
    return np.asarray(distance <= 1)


def _moved(thorax: Thorax, *, rng: np.random.Generator) -> Thorax:
    """Flip along random axes and shift within the surrounding air, both arrays alike."""
    flips = tuple(axis for axis in range(3) if rng.random() < 0.5)
    shift = (0, int(rng.integers(-8, 9)), int(rng.integers(-6, 7)))
    volume, nodules = (
        np.roll(np.flip(array, flips), shift, axis=(0, 1, 2))
        for array in (thorax.volume, thorax.nodules)
    )
    return Thorax(volume=np.ascontiguousarray(volume), nodules=np.ascontiguousarray(nodules))
