"""MetaImage files written by SimpleITK: an independent writer of the format our reader takes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

WriteMha = Callable[..., Path]


@pytest.fixture
def write_mha(tmp_path: Path) -> WriteMha:
    """`write_mha(array, …)`: the array is (t, z, y, x), (z, y, x) or (y, x)."""

    def write(
        array: NDArray[np.generic],
        *,
        vector: bool = False,
        compress: bool = True,
        name: str = "image.mha",
        spacing: tuple[float, ...] | None = None,
        origin: tuple[float, ...] | None = None,
        direction: tuple[float, ...] | None = None,
    ) -> Path:
        image = SimpleITK.GetImageFromArray(array, isVector=vector)
        if spacing:
            image.SetSpacing(spacing)
        if origin:
            image.SetOrigin(origin)
        if direction:
            image.SetDirection(direction)
        path = tmp_path / name
        SimpleITK.WriteImage(image, str(path), compress)
        return path

    return write
