"""Put a phantom together: anatomy, vessels, nodules, then the noise of a scanner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.images.phantom.anatomy import Body, paint_slice
from app.images.phantom.geometry import Floats, Frame, Geometry
from app.images.phantom.nodules import Nodule, place_nodules
from app.images.phantom.vessels import paint_vessels

FIELD_OF_VIEW = (358.4, 358.4, 300.0)
"""Extent (x, y, z) in mm that any shape covers unless a spacing is given."""

Volume = np.ndarray[Any, np.dtype[np.int16]]
Labelmap = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True, slots=True)
class Phantom:
    """`volume` int16 (z, y, x) in HU; `truth` uint8 (z, y, x), 0 is background, 1.. are nodules."""

    volume: Volume
    truth: Labelmap
    geometry: Geometry
    nodules: tuple[Nodule, ...]
    seed: int


def generate(
    *,
    seed: int = 0,
    shape: tuple[int, int, int] = (120, 512, 512),
    spacing: tuple[float, float, float] | None = None,
    nodules: int | None = None,
    flips: tuple[bool, bool, bool] = (False, False, False),
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0),
    noise: float = 14.0,
) -> Phantom:
    """Return a thorax CT of a made-up patient; the same arguments give the same phantom.

    `shape` is (z, y, x); `spacing` (x, y, z) in mm is chosen to cover the chest when not given;
    `nodules` is drawn from 3 to 6 when not given; `flips` and `shift` (x, y, z; mm) mirror and move
    the anatomy in the grid; `noise` is the standard deviation in HU. Raises ValueError when the
    nodules do not fit.
    """
    random = np.random.default_rng(seed)
    x, y, z = (
        round(extent / count, 4) for extent, count in zip(FIELD_OF_VIEW, shape[::-1], strict=True)
    )
    geometry = Geometry(shape=shape, spacing=spacing or (x, y, z))
    frame = Frame.of(geometry, flips=flips, shift=shift)
    count = int(random.integers(3, 7)) if nodules is None else nodules
    values, lung = _anatomy(Body.draw(random), frame, shape)
    free = lung & ~paint_vessels(values, lung, frame, random)
    truth, placed = place_nodules(
        values, free, frame, random, count=count, voxel=max(geometry.spacing)
    )
    volume = _scan(values, random, noise=noise)
    return Phantom(volume, truth, geometry, _described(placed, geometry), seed)


def _anatomy(
    body: Body, frame: Frame, shape: tuple[int, int, int]
) -> tuple[Floats, np.ndarray[Any, np.dtype[np.bool_]]]:
    values = np.empty(shape, dtype=np.float32)
    lung = np.empty(shape, dtype=bool)
    for index in range(shape[0]):
        values[index], lung[index] = paint_slice(body, frame, index)
    return values, lung


def _scan(values: Floats, random: np.random.Generator, *, noise: float) -> Volume:
    """Blur and add noise correlated over neighboring pixels, as reconstruction kernels do.

    A binomial kernel (1 2 1)/4 in x and y; it leaves 3/8 of the deviation of white noise.
    """
    volume = np.empty(values.shape, dtype=np.int16)
    for index, plane in enumerate(values):
        noisy = random.standard_normal(plane.shape, dtype=np.float32)
        noisy *= np.float32(noise / 0.375)
        noisy += plane
        volume[index] = np.clip(np.rint(_blurred(noisy)), -1024, 3071)
    return volume


def _blurred(plane: Floats) -> Floats:
    padded = np.pad(plane, 1, mode="edge")
    rows = padded[:-2] + 2.0 * padded[1:-1] + padded[2:]
    return np.asarray((rows[:, :-2] + 2.0 * rows[:, 1:-1] + rows[:, 2:]) / np.float32(16.0))


def _described(
    placed: list[tuple[tuple[int, int, int], float]], geometry: Geometry
) -> tuple[Nodule, ...]:
    found = []
    for label, (index, radius) in enumerate(placed, start=1):
        x, y, z = (
            geometry.origin[axis] + index[2 - axis] * geometry.spacing[axis] for axis in range(3)
        )
        found.append(Nodule(label, (x, y, z), radius))
    return tuple(found)
