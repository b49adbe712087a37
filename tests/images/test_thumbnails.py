"""Small pictures of images, made from real files."""

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import SimpleITK

from app.images.services.summary import summarize
from app.images.services.thumbnail import EDGE

Spacing = tuple[float, ...]


def picture_of(
    array: np.ndarray[Any, Any], folder: Path, *, spacing: Spacing = (), **rest: Any
) -> Any:
    image = SimpleITK.GetImageFromArray(array, **rest)
    if spacing:
        image.SetSpacing(spacing)
    path = folder / "image.mha"
    SimpleITK.WriteImage(image, str(path))
    png = summarize(path).thumbnail
    assert png is not None
    return imagecodecs.png_decode(png)


def test_true_proportions(tmp_path: Path) -> None:
    picture = picture_of(np.zeros((3, 40, 20), np.int16), tmp_path, spacing=(1.0, 0.25, 2.0))
    assert picture.shape == (EDGE // 2, EDGE)


def test_the_middle_slice(tmp_path: Path) -> None:
    volume = np.zeros((5, 10, 10), np.int16)
    volume[2, :, 5:] = 1000
    picture = picture_of(volume, tmp_path)
    assert (picture[:, 0] == 0).all()
    assert (picture[:, -1] == 255).all()


def test_outliers_do_not_darken_the_rest(tmp_path: Path) -> None:
    plane = np.tile(np.linspace(0, 100, 100), (100, 1)).astype(np.float32)
    plane[0, 0] = 1e9
    picture = picture_of(plane[None], tmp_path)
    assert picture[50, -1] == 255
    assert 100 < picture[50, EDGE // 2] < 155


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        (np.uint8, (1, 7, 9)),
        (np.int8, (2, 1, 1)),
        (np.uint16, (1, 1, 500)),
        (np.int32, (4, 300, 200)),
        (np.float32, (3, 5, 5)),
        (np.float64, (3, 5, 5)),
    ],
)
def test_every_kind_of_number(dtype: Any, shape: tuple[int, ...], tmp_path: Path) -> None:
    picture = picture_of(np.ones(shape, dtype), tmp_path)
    assert max(picture.shape) == EDGE
    assert picture.dtype == np.uint8


def test_color(tmp_path: Path) -> None:
    rgb = np.zeros((1, 8, 8, 3), np.uint8)
    rgb[..., 0] = 255
    picture = picture_of(rgb, tmp_path, isVector=True)
    assert picture.shape == (EDGE, EDGE, 3)
    assert (picture[0, 0] == (255, 0, 0)).all()


def test_a_plane_without_depth(tmp_path: Path) -> None:
    assert picture_of(np.ones((6, 12), np.int16), tmp_path).shape == (EDGE // 2, EDGE)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers(value: float, tmp_path: Path) -> None:
    volume = np.tile(np.linspace(0, 1, 50), (3, 50, 1)).astype(np.float32)
    volume[:, :10, :10] = value
    picture = picture_of(volume, tmp_path)
    assert picture[-1, -1] > picture[-1, 0], "what is a number still shows"
