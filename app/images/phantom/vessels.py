"""Pulmonary vessels: two trees of tubes that start inside the mediastinum."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.images.phantom.anatomy import BLOOD
from app.images.phantom.geometry import Floats, Frame

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Vector = np.ndarray[Any, np.dtype[np.float64]]
_GENERATIONS = 5
_ROOTS = 4


def paint_vessels(values: Floats, lung: Bools, frame: Frame, random: np.random.Generator) -> Bools:
    """Paint both trees where there is lung; return what they cover (z, y, x)."""
    covered = np.zeros(lung.shape, dtype=bool)
    for side in (-1.0, 1.0):
        for root in range(_ROOTS):
            start = np.array([side * 22.0, 0.0, -10.0])
            aim = np.array([side, random.uniform(-0.9, 0.9), (root - 1.5) * 0.8])
            _grow(values, lung, covered, frame, random, start, aim, radius=5.0, generation=0)
    return covered


def _grow(
    values: Floats,
    lung: Bools,
    covered: Bools,
    frame: Frame,
    random: np.random.Generator,
    start: Vector,
    aim: Vector,
    *,
    radius: float,
    generation: int,
) -> None:
    direction = aim / np.linalg.norm(aim)
    end = start + direction * random.uniform(22.0, 34.0) * 0.88**generation
    _paint_tube(values, lung, covered, frame, start, end, radius)
    if generation + 1 == _GENERATIONS:
        return
    for _ in range(2):
        turn = direction + random.normal(0.0, 0.45, size=3)
        _grow(
            values, lung, covered, frame, random, end, turn,
            radius=radius * 0.74, generation=generation + 1,
        )  # fmt: skip


def _paint_tube(
    values: Floats,
    lung: Bools,
    covered: Bools,
    frame: Frame,
    start: Vector,
    end: Vector,
    radius: float,
) -> None:
    middle, half = (start + end) / 2, (end - start) / 2
    reach = float(np.linalg.norm(half)) + radius
    box, (dx, dy, dz) = frame.box((float(middle[0]), float(middle[1]), float(middle[2])), reach)
    length = float(half @ half)
    along = np.clip((dx * half[0] + dy * half[1] + dz * half[2]) / length, -1.0, 1.0)
    distance = (
        (dx - along * half[0]) ** 2 + (dy - along * half[1]) ** 2 + (dz - along * half[2]) ** 2
    )
    inside = (distance <= radius**2) & lung[box]
    values[box][inside] = BLOOD + 30.0
    covered[box] |= inside
