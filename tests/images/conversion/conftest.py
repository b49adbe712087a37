"""Convert what a test wrote, and read the result back with SimpleITK."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK

from app.images.conversion import ConversionError, ConvertedImage, convert, scan

sitk: Any = SimpleITK
Array = np.ndarray[Any, np.dtype[Any]]
Read = tuple[Array, Any]


def pixels_of(image: ConvertedImage) -> Array:
    """Return the pixels as SimpleITK reads them, (t, z, y, x[, 3]) as far as there are axes."""
    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(image.path))))


@pytest.fixture
def convert_one(tmp_path: Path) -> Callable[[list[Path]], ConvertedImage]:
    """Return a function that converts files which must make exactly one image, nothing skipped."""

    def run(paths: list[Path]) -> ConvertedImage:
        images, issues = convert_files(paths, tmp_path / "out")
        assert issues == {}
        assert len(images) == 1
        return images[0]

    return run


@pytest.fixture
def codes(tmp_path: Path) -> Callable[[list[Path]], dict[str, str]]:
    """Return a function that tells file name -> code for files that must not make an image."""

    def run(paths: list[Path]) -> dict[str, str]:
        images, issues = convert_files(paths, tmp_path / "out")
        assert images == []
        return issues

    return run


def convert_files(paths: list[Path], output: Path) -> tuple[list[ConvertedImage], dict[str, str]]:
    """Scan and convert; return the images and file name -> code."""
    output.mkdir(exist_ok=True)
    result = scan(paths)
    issues = {issue.file.name: issue.code for issue in result.skipped}
    images = []
    for group in result.groups:
        try:
            images.append(convert(group, output))
        except ConversionError as error:
            issues |= {issue.file.name: issue.code for issue in error.issues(group.files)}
    return images, issues


def _affine(image: Any) -> Array:
    """Index (x, y, z) to LPS mm."""
    count = image.GetDimension()
    direction = np.array(image.GetDirection()).reshape(count, count)[:3, :3]
    affine = np.eye(4)
    affine[:3, :3] = direction * np.array(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    return affine


def on_grid_of(image: Any, reference: Any) -> Array:
    """Return the reference's pixels (t, z, y, x) at the voxels of `image`, axes may be flipped."""
    moved = np.linalg.inv(_affine(reference)) @ _affine(image)
    turn = np.round(moved[:3, :3])
    assert np.abs(moved[:3, :3] - turn).max() < 1e-3
    size = image.GetSize()[:3]
    index = turn @ np.indices(size).reshape(3, -1) + moved[:3, 3:4]
    whole = np.round(index).astype(int)
    assert np.abs(index - whole).max() < 1e-3
    assert whole.min() >= 0
    values = sitk.GetArrayFromImage(reference)
    values = values if values.ndim == 4 else values[None]
    x, y, z = whole
    return np.stack([part[z, y, x].reshape(size).transpose(2, 1, 0) for part in values])
