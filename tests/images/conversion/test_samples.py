"""Real images: each folder of the samples against a committed table and against references.

Collected only where the samples are (`tests.data`). `expected.json` says what each folder becomes;
after a deliberate change write it anew with `python -m tests.images.conversion.test_samples`.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.images.conversion import ConvertedImage
from tests.data import DATA
from tests.images.conversion.conftest import convert_files, on_grid_of, pixels_of, sitk

pytestmark = pytest.mark.data
EXPECTED_FILE = Path(__file__).with_name("expected.json")
EXPECTED: dict[str, Any] = json.loads(EXPECTED_FILE.read_text()) if EXPECTED_FILE.exists() else {}
SAMPLES = DATA or Path()


def _files(folder: str) -> list[Path]:
    return sorted(path for path in (SAMPLES / folder).iterdir() if path.is_file())


def _convert(folder: str, output: Path) -> list[ConvertedImage]:
    return convert_files(_files(folder), output)[0]


def _folders() -> list[str]:
    return sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())


def _described(image: ConvertedImage) -> dict[str, Any]:
    return {
        "size": list(image.size),
        "spacing": [round(value, 5) for value in image.spacing],
        "origin": [round(value, 4) for value in image.origin],
        "direction": [round(value, 5) + 0.0 for value in image.direction],
        "time_step": image.time_step,
        "type": image.element_type,
        "photometric": image.photometric,
        "modality": image.modality,
        "rescale_type": image.rescale_type,
        "window": [image.window_center, image.window_width],
        "spacing_valid": image.spacing_valid,
        "warnings": [remark.code for remark in image.warnings],
        "sources": len(image.sources),
        "crc32": zlib.crc32(np.ascontiguousarray(pixels_of(image)).tobytes()),
    }


def _outcome(folder: str, output: Path) -> dict[str, Any]:
    images, issues = convert_files(_files(folder), output)
    return {
        "images": [_described(image) for image in images],
        "issues": dict(sorted(issues.items())),
    }


def test_the_table_knows_every_folder() -> None:
    assert _folders() == sorted(EXPECTED)


@pytest.mark.parametrize("folder", sorted(EXPECTED))
def test_a_folder_becomes_what_the_table_says(folder: str, tmp_path: Path) -> None:
    assert _outcome(folder, tmp_path / "out") == EXPECTED[folder]


@pytest.mark.parametrize("folder", sorted(EXPECTED))
def test_the_written_file_says_what_was_reported(folder: str, tmp_path: Path) -> None:
    for image in _convert(folder, tmp_path / "out"):
        read = sitk.ReadImage(str(image.path))
        spatial = len(image.spacing)
        direction = np.array(read.GetDirection()).reshape(read.GetDimension(), -1)
        assert read.GetSize() == image.size
        assert read.GetSpacing()[:spatial] == pytest.approx(image.spacing)
        assert read.GetOrigin()[:spatial] == pytest.approx(image.origin)
        assert direction[:spatial, :spatial].ravel() == pytest.approx(image.direction)
        assert read.GetNumberOfComponentsPerPixel() == image.components


REFERENCED = sorted(path.parent.name for path in SAMPLES.glob("*/_ref"))


@pytest.mark.parametrize("folder", REFERENCED)
def test_pixels_and_affine_are_those_of_the_reference(folder: str, tmp_path: Path) -> None:
    (reference,) = (SAMPLES / folder / "_ref").glob("*.nii*")
    (image,) = _convert(folder, tmp_path / "out")
    expected = on_grid_of(sitk.ReadImage(str(image.path)), sitk.ReadImage(str(reference)))
    found = pixels_of(image)
    found = found if found.ndim == 4 else found[None]
    assert found.shape == expected.shape
    if found.dtype.kind in "iu":
        assert np.array_equal(found, expected)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_all_encodings_of_a_series_are_equal(tmp_path: Path) -> None:
    folders = ["mr_compressed", "mr_compressed_j2k", "mr_compressed_jpegls", "mr_compressed_rle"]
    found = [pixels_of(_convert(folder, tmp_path / "out")[0]) for folder in folders]
    assert all(np.array_equal(found[0], other) for other in found[1:])


def test_the_same_picture_in_two_color_spaces(tmp_path: Path) -> None:
    first, second = (pixels_of(image).astype(int) for image in _convert("ybr", tmp_path / "out"))
    assert np.abs(first - second).max() <= 6


def test_planar_configuration_makes_no_difference(tmp_path: Path) -> None:
    found = {image.sources[0].name: image for image in _convert("us_rgb", tmp_path / "out")}
    assert np.array_equal(pixels_of(found["color-pl.dcm"]), pixels_of(found["color-px.dcm"]))
    assert np.array_equal(pixels_of(found["US1_J2KR.dcm"]), pixels_of(found["US1_UNCR.dcm"]))


def test_an_independent_reader_sees_the_same_ct(tmp_path: Path) -> None:
    (image,) = _convert("ct_axial_philips", tmp_path / "out")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(SAMPLES / "ct_axial_philips")))
    expected = reader.Execute()
    found = sitk.ReadImage(str(image.path))
    assert np.array_equal(sitk.GetArrayViewFromImage(found), sitk.GetArrayViewFromImage(expected))
    assert found.GetSpacing() == pytest.approx(expected.GetSpacing())
    assert found.GetOrigin() == pytest.approx(expected.GetOrigin())
    assert found.GetDirection() == pytest.approx(expected.GetDirection())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        table = {folder: _outcome(folder, Path(scratch)) for folder in _folders()}
    EXPECTED_FILE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")
