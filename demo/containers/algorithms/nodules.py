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

# Half way between lung (about -850 HU) and soft tissue (about 40 HU): partial volume splits evenly.
TISSUE_HU = -400
SMALLEST_NODULE_MM3 = 4.0
LARGEST_NODULE_MM3 = 60_000.0
Mask = NDArray[np.bool_]


def enclosed_nodules(volume: NDArray[Any], *, voxel_volume: float) -> Mask:
    """Mask of soft tissue components that touch nothing but lung.

    `voxel_volume` is in cubic millimetres.
    """
    lung = _lung(volume)
    tissue = volume > TISSUE_HU
    labels, count = ndimage.label(tissue)
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * voxel_volume
    boxes = ndimage.find_objects(labels)
    keep = np.zeros(count + 1, dtype=bool)
    for label, box in enumerate(boxes, start=1):
        if SMALLEST_NODULE_MM3 <= sizes[label] <= LARGEST_NODULE_MM3:
            keep[label] = _surrounded(labels, lung=lung, label=label, box=box)
    return np.asarray(keep[labels])


def nodules_by_slice(volume: NDArray[Any]) -> Mask:
    """Mask of the holes of the lung in each axial slice, one voxel too large: a weak baseline.

    A slice does not show whether a bright spot is a nodule or a vessel that runs through it.
    """
    lung = _lung(volume)
    found = np.zeros(volume.shape, dtype=bool)
    for index, area in enumerate(lung):
        holes = ndimage.binary_fill_holes(area) & ~area
        found[index] = ndimage.binary_dilation(holes)
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
