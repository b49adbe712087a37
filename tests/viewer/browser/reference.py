"""What SimpleITK says lies at a place: the reference of the viewer. Geometry is LPS mm."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

sitk: Any = SimpleITK
Vector = NDArray[np.float64]
OUTSIDE = -98765.0


@dataclass(frozen=True)
class Lattice:
    """Places in a plane at even steps: `origin + i·across + j·down`."""

    origin: Vector
    across: Vector
    down: Vector
    columns: int
    rows: int

    def places(self) -> list[Vector]:
        """All of them, row by row."""
        return [
            self.origin + i * self.across + j * self.down
            for j in range(self.rows)
            for i in range(self.columns)
        ]


class Reference:
    """One volume: a time point of a MetaImage file, a picture as a volume of one slice."""

    def __init__(self, path: Path, *, timepoint: int = 0) -> None:
        image = sitk.ReadImage(str(path))
        if image.GetDimension() == 2:
            image = sitk.JoinSeries(image)
        elif image.GetDimension() == 4:
            size = [*image.GetSize()[:3], 0]
            image = sitk.Extract(image, size, [0, 0, 0, timepoint])
        self.image = image
        vector = image.GetNumberOfComponentsPerPixel() > 1
        self._precise = sitk.Cast(image, sitk.sitkVectorFloat64 if vector else sitk.sitkFloat64)

    @property
    def size(self) -> Vector:
        return np.array(self.image.GetSize(), float)

    @property
    def spacing(self) -> Vector:
        return np.array(self.image.GetSpacing())

    def world(self, index: Vector) -> Vector:
        """The place of a continuous index."""
        return np.array(self.image.TransformContinuousIndexToPhysicalPoint(index.tolist()))

    def continuous(self, world: Vector) -> Vector:
        """The continuous index of a place."""
        return np.array(self.image.TransformPhysicalPointToContinuousIndex(world.tolist()))

    def voxel(self, world: Vector) -> tuple[int, ...]:
        """The index of the voxel that a place lies in."""
        return tuple(self.image.TransformPhysicalPointToIndex(world.tolist()))

    def resampled(self, lattice: Lattice, *, linear: bool) -> NDArray[np.float64]:
        """The values at places, (places, components); `OUTSIDE` beyond the grid."""
        resample = sitk.ResampleImageFilter()
        steps = [float(np.linalg.norm(step)) for step in (lattice.across, lattice.down)]
        across, down = lattice.across / steps[0], lattice.down / steps[1]
        columns = np.stack([across, down, np.cross(across, down)], axis=1)
        resample.SetOutputOrigin(lattice.origin.tolist())
        resample.SetOutputDirection(columns.ravel().tolist())
        resample.SetOutputSpacing([*steps, 1.0])
        resample.SetSize([lattice.columns, lattice.rows, 1])
        resample.SetInterpolator(sitk.sitkLinear if linear else sitk.sitkNearestNeighbor)
        resample.SetDefaultPixelValue(OUTSIDE)
        values = sitk.GetArrayFromImage(resample.Execute(self._precise))
        return np.asarray(values).reshape(lattice.rows * lattice.columns, -1)
