"""Which place of the patient lies under a point of a pane: worked out from its camera alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class Camera:
    """A parallel camera as the viewer tells it, and where the middle of its pane is."""

    def __init__(self, camera: dict[str, Any], middle: list[float]) -> None:
        self.focus = np.array(camera["focalPoint"], float)
        self.normal = np.array(camera["viewPlaneNormal"], float)
        self.up = np.array(camera["viewUp"], float)
        self.right = np.cross(self.up, self.normal)
        self.width, self.height = 2 * middle[0], 2 * middle[1]
        self.mm_per_pixel = 2 * camera["parallelScale"] / self.height

    def world(self, x: float, y: float) -> Vector:
        """The place under a point of the pane, in CSS pixels from its top left."""
        across = (x - self.width / 2) * self.mm_per_pixel
        down = (y - self.height / 2) * self.mm_per_pixel
        return np.asarray(self.focus + across * self.right - down * self.up)
