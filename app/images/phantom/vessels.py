"""Pulmonary vessels: two trees of tubes that start inside the mediastinum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.images.phantom.anatomy import BLOOD
from app.images.phantom.geometry import Floats, Frame

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Vector = np.ndarray[Any, np.dtype[np.float64]]
_GENERATIONS = 5
_ROOTS = 4


@dataclass(frozen=True, slots=True)
class _Canvas:
    """What the tubes are painted into, all (z, y, x)."""

    values: Floats
    lung: Bools
    covered: Bools
    frame: Frame


def paint_vessels(values: Floats, lung: Bools, frame: Frame, random: np.random.Generator) -> Bools:
    """Paint both trees where there is lung; return what they cover (z, y, x)."""
    canvas = _Canvas(values, lung, np.zeros(lung.shape, dtype=bool), frame)
    for side in (-1.0, 1.0):
        for root in range(_ROOTS):
            start = np.array([side * 22.0, 0.0, -10.0])
            aim = np.array([side, random.uniform(-0.9, 0.9), (root - 1.5) * 0.8])
            _grow(canvas, random, start, aim, generation=0)
    return canvas.covered


def _grow(
    canvas: _Canvas, random: np.random.Generator, start: Vector, aim: Vector, *, generation: int
) -> None:
    direction = aim / np.linalg.norm(aim)
    end = start + direction * random.uniform(22.0, 34.0) * 0.88**generation
    _paint_tube(canvas, start, end, radius=5.0 * 0.74**generation)
    if generation + 1 == _GENERATIONS:
        return
    for _ in range(2):
        turn = direction + random.normal(0.0, 0.45, size=3)
        _grow(canvas, random, end, turn, generation=generation + 1)


def _paint_tube(canvas: _Canvas, start: Vector, end: Vector, *, radius: float) -> None:
    middle, half = (start + end) / 2, (end - start) / 2
    reach = float(np.linalg.norm(half)) + radius
    center = (float(middle[0]), float(middle[1]), float(middle[2]))
    box, (dx, dy, dz) = canvas.frame.box(center, reach)
    along = np.clip((dx * half[0] + dy * half[1] + dz * half[2]) / float(half @ half), -1.0, 1.0)
    distance = (
        (dx - along * half[0]) ** 2 + (dy - along * half[1]) ** 2 + (dz - along * half[2]) ** 2
    )
    inside = (distance <= radius**2) & canvas.lung[box]
    canvas.values[box][inside] = BLOOD + 30.0
    canvas.covered[box] |= inside
