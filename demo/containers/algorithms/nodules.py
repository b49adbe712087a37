"""Find nodules in the lungs of a chest CT by thresholds and connectivity.

Arrays are (z, y, x) in Hounsfield units. The lungs are air inside the body; a nodule is a piece of
soft tissue that lung surrounds on all sides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["enclosed_nodules", "nodules_by_slice"]

# A little below half way between lung (about -850 HU) and soft tissue (about 40 HU), because the
# scanner's blur lowers small bright objects more than it raises what lies around them.
TISSUE_HU = -500
# A solid nodule has a core of soft tissue; a vessel thinner than a voxel never looks that dense.
CORE_HU = 0
# Smaller solid nodules need no follow-up (Fleischner Society 2017): below 6 mm, or 100 mm3.
SMALLEST_NODULE_MM3 = 100.0
LARGEST_NODULE_MM3 = 60_000.0
# Radius of the ball of equal volume over the longest semi-axis: 1 for a ball, small for a tube.
ROUNDNESS = 0.7
OPENING_MM = 3.5
Mask = NDArray[np.bool_]


def enclosed_nodules(volume: NDArray[Any], *, spacing: tuple[float, ...]) -> Mask:
    """Mask of compact soft tissue components that touch nothing but lung.

    `spacing` is the voxel size in mm, (z, y, x).
    """
    lung = _lung(volume)
    labels, count = ndimage.label(volume > TISSUE_HU)
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(spacing))
    plausible = (sizes >= SMALLEST_NODULE_MM3) & (sizes <= LARGEST_NODULE_MM3)
    keep = np.zeros(count + 1, dtype=bool)
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if plausible[label]:
            part = labels[box] == label
            keep[label] = (
                volume[box][part].max() >= CORE_HU
                and _roundness(part, spacing=spacing) >= ROUNDNESS
                and _surrounded(labels, lung=lung, label=label, box=box)
            )
    return np.asarray(keep[labels])


def nodules_by_slice(volume: NDArray[Any], *, spacing: tuple[float, ...]) -> Mask:
    """Mask of the thick holes of the lung in each axial slice alone: a weak baseline.

    A slice does not show whether a bright spot is a nodule or a vessel that runs through it, and
    opening the holes by 3.5 mm takes thin vessels, small nodules and tips of large ones alike.
    """
    times = max(1, round(OPENING_MM / spacing[1]))
    found = np.zeros(volume.shape, dtype=bool)
    for index, area in enumerate(_lung(volume)):
        holes = ndimage.binary_fill_holes(area) & ~area
        found[index] = ndimage.binary_opening(holes, iterations=times)
    return found


def _lung(volume: NDArray[Any]) -> Mask:
    """Air that does not reach the sides of the volume.

    The sides are the faces across y and x: the lungs may well be cut by the first or last slice.
    """
    air = volume <= TISSUE_HU
    labels, count = ndimage.label(air)
    outside = np.zeros(count + 1, dtype=bool)
    for face in (labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1]):
        outside[np.unique(face)] = True
    outside[0] = True
    return np.asarray(~outside[labels])


def _roundness(part: Mask, *, spacing: tuple[float, ...]) -> float:
    """Compare a component with the ellipsoid of the same second moments, see ROUNDNESS."""
    size = np.asarray(spacing)
    points = np.argwhere(part) * size
    # A voxel is itself a box: its own moment is edge^2 / 12.
    moments = np.cov(points.T, ddof=0) + np.diag(size**2 / 12)
    longest = np.sqrt(5 * np.linalg.eigvalsh(moments)[-1])
    equal_ball = np.cbrt(3 * len(points) * size.prod() / (4 * np.pi))
    return float(equal_ball / longest)


def _surrounded(
    labels: NDArray[np.int32], *, lung: Mask, label: int, box: tuple[slice, ...]
) -> bool:
    """Say whether every voxel that shares a face with the component is lung."""
    grown = tuple(
        slice(max(0, part.start - 1), min(size, part.stop + 1))
        for part, size in zip(box, labels.shape, strict=True)
    )
    part = labels[grown] == label
    ring = ndimage.binary_dilation(part) & ~part
    return bool(lung[grown][ring].all())
