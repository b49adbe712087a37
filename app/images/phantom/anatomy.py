"""The large parts of a thorax, slice by slice, in Hounsfield units.

Shapes are ellipses whose size depends on the height; numbers are those of an average adult chest
and vary with the seed. This is a drawing, not a model of anyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.images.phantom.geometry import Floats, Frame

Bools = np.ndarray[Any, np.dtype[np.bool_]]

AIR, LUNG, FAT, MUSCLE, BLOOD, ENHANCED, BONE, MARROW = (
    -1000.0, -860.0, -100.0, 50.0, 42.0, 160.0, 420.0, 180.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """One patient's measures in mm."""

    width: float
    depth: float
    rim: float
    lung_width: float
    lung_depth: float
    lung_height: float
    heart: float

    @classmethod
    def draw(cls, random: np.random.Generator) -> Body:
        """Draw the measures of a patient."""
        return cls(
            width=float(random.uniform(158, 168)),
            depth=float(random.uniform(108, 118)),
            rim=float(random.uniform(8, 16)),
            lung_width=float(random.uniform(52, 57)),
            lung_depth=float(random.uniform(70, 76)),
            lung_height=float(random.uniform(150, 165)),
            heart=float(random.uniform(0.92, 1.06)),
        )


def paint_slice(body: Body, frame: Frame, index: int) -> tuple[Floats, Bools]:
    """Return the values of one axial slice (y, x) and where it is lung."""
    x, y, z = frame.x[None, :], frame.y[:, None], float(frame.z[index])
    taper = 1.0 - 0.25 * max(0.0, (z - 60.0) / 160.0) ** 2
    outer = _ellipse(x, y, (0.0, 0.0), (body.width * taper, body.depth))
    inner = _ellipse(x, y, (0.0, 0.0), (body.width * taper - body.rim, body.depth - body.rim))
    values = np.full(outer.shape, AIR, dtype=np.float32)
    values[outer <= 1.0] = FAT
    values[inner <= 1.0] = MUSCLE
    _paint_ribs(values, inner, y, z)
    lung = _lungs(body, x, y, z)
    values[lung] = LUNG + 40.0 * np.broadcast_to(y, lung.shape)[lung] / body.depth
    lung &= ~_paint_middle(body, values, x, y, z)
    _paint_spine(values, x, y, z)
    return values, lung


def _ellipse(
    x: Floats, y: Floats, center: tuple[float, float], radii: tuple[float, float]
) -> Floats:
    """Return the squared elliptic radius, 1 at the edge."""
    dx, dy = (x - center[0]) / radii[0], (y - center[1]) / radii[1]
    return np.asarray(dx**2 + dy**2, dtype=np.float32)


def _lungs(body: Body, x: Floats, y: Floats, z: float) -> Bools:
    """Two lungs, wide at the base and closed at the top."""
    height = np.clip((z + 0.25 * body.lung_height) / body.lung_height, -1.2, 1.0)
    scale = float(np.sqrt(max(0.0, 1.0 - height**2))) if height > 0 else 1.0 - 0.15 * height**2
    if scale < 0.2:
        return np.zeros((y.shape[0], x.shape[1]), dtype=bool)
    width, depth = body.lung_width * scale, body.lung_depth * scale
    right = _ellipse(x, y, (-74.0, 2.0), (width, depth))
    left = _ellipse(x, y, (74.0, 2.0), (width, depth))
    return np.asarray(np.minimum(right, left) <= 1.0)


def _paint_middle(body: Body, values: Floats, x: Floats, y: Floats, z: float) -> Bools:
    """Paint mediastinum, heart, aorta and windpipe; return what they cover."""
    covered = np.asarray(_ellipse(x, y, (0.0, -4.0), (30.0, 62.0)) <= 1.0)
    values[covered] = MUSCLE - 15.0
    rise = (z + 55.0) / (58.0 * body.heart)
    if abs(rise) < 1:
        scale = float(np.sqrt(1.0 - rise**2)) * body.heart
        heart = np.asarray(_ellipse(x, y, (18.0, -22.0), (56.0 * scale, 46.0 * scale)) <= 1.0)
        values[heart] = BLOOD + 60.0
        covered |= heart
    aorta = np.asarray(_ellipse(x, y, (16.0, 46.0), (12.0, 12.0)) <= 1.0)
    values[aorta] = ENHANCED
    if z > 20.0:
        values[_ellipse(x, y, (0.0, 6.0), (8.5, 8.0)) <= 1.0] = AIR
    return covered | aorta


def _paint_spine(values: Floats, x: Floats, y: Floats, z: float) -> None:
    disc = (z % 26.0) < 5.0
    vertebra = _ellipse(x, y, (0.0, 76.0), (19.0, 16.0))
    values[vertebra <= 1.0] = 80.0 if disc else MARROW
    if not disc:
        values[(vertebra <= 1.0) & (vertebra > 0.78)] = BONE
        values[_ellipse(x, y, (0.0, 100.0), (16.0, 7.0)) <= 1.0] = BONE
    values[_ellipse(x, y, (0.0, 96.0), (7.5, 6.0)) <= 1.0] = 15.0


def _paint_ribs(values: Floats, inner: Floats, y: Floats, z: float) -> None:
    """Ribs run downwards from the spine to the front, in a shell under the skin."""
    phase = (z + 0.35 * y) % 27.0
    shell = (inner > 0.83) & (inner < 0.95) & (phase < 9.0)
    values[shell] = MARROW
    values[shell & ((inner < 0.855) | (inner > 0.925) | (phase < 1.8) | (phase > 7.2))] = BONE
