"""The thorax phantom: anatomy in Hounsfield units, nodules where they should be, true DICOM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK

from app.images.conversion import convert, scan
from app.images.phantom import Phantom, generate, write_dicom_series, write_mask

SHAPE = (40, 128, 128)


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return generate(seed=5, shape=SHAPE)


def test_the_same_seed_gives_the_same_phantom(phantom: Phantom) -> None:
    again = generate(seed=5, shape=SHAPE)
    other = generate(seed=6, shape=SHAPE)
    assert np.array_equal(phantom.volume, again.volume)
    assert np.array_equal(phantom.truth, again.truth)
    assert not np.array_equal(phantom.volume, other.volume)


def test_tissues_have_their_hounsfield_units(phantom: Phantom) -> None:
    volume = phantom.volume
    assert volume.dtype == np.int16
    assert abs(float(np.median(volume[:, :4])) + 1000) < 10
    shares = {
        "lung": np.mean((volume > -920) & (volume < -780)),
        "fat": np.mean((volume > -130) & (volume < -70)),
        "soft": np.mean((volume > 0) & (volume < 120)),
        "bone": np.mean(volume > 250),
    }
    assert all(share > 0.001 for share in shares.values())
    assert shares["lung"] > 0.08


@pytest.mark.parametrize("seed", range(6))
def test_nodules_are_solid_and_surrounded_by_lung(seed: int) -> None:
    phantom = generate(seed=seed, shape=SHAPE, noise=0.0)
    assert 3 <= len(phantom.nodules) <= 6
    assert set(np.unique(phantom.truth)) == set(range(len(phantom.nodules) + 1))
    for nodule in phantom.nodules:
        inside = phantom.truth == nodule.label
        shell = _grown(_grown(inside)) & ~_grown(inside)
        assert np.all(phantom.volume[shell] < -400)
        assert phantom.volume[inside].max() > 0


def _grown(mask: np.ndarray) -> np.ndarray:
    grown = mask.copy()
    for axis in range(3):
        for step in (1, -1):
            grown |= np.roll(mask, step, axis)
    return grown


def test_nodules_lie_where_they_say(phantom: Phantom) -> None:
    origin, spacing = np.array(phantom.geometry.origin), np.array(phantom.geometry.spacing)
    for nodule in phantom.nodules:
        index = np.argwhere(phantom.truth == nodule.label).mean(axis=0)[::-1]
        assert np.allclose(origin + index * spacing, nodule.center, atol=spacing.max() / 2)


def test_flips_mirror_and_shifts_move() -> None:
    plain = generate(seed=2, shape=SHAPE, noise=0.0)
    mirrored = generate(seed=2, shape=SHAPE, noise=0.0, flips=(True, False, False))
    step = plain.geometry.spacing[0]
    moved = generate(seed=2, shape=SHAPE, noise=0.0, shift=(2 * step, 0.0, 0.0))
    anatomy = plain.truth == 0
    assert np.mean((mirrored.volume[:, :, ::-1] == plain.volume)[anatomy]) > 0.97
    assert np.mean(moved.volume[:, :, 2:] == plain.volume[:, :, :-2]) > 0.97


def test_too_coarse_a_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="nodules fit"):
        generate(seed=0, shape=(4, 16, 16), nodules=6)


def test_the_series_converts_to_the_volume_and_the_mask_fits(
    phantom: Phantom, tmp_path: Path
) -> None:
    paths = write_dicom_series(phantom, tmp_path / "dicom")
    write_mask(phantom, tmp_path / "mask.mha")
    result = scan(paths)
    assert result.skipped == []
    (group,) = result.groups
    image = convert(group, tmp_path)
    read = SimpleITK.ReadImage(str(image.path))
    mask = SimpleITK.ReadImage(str(tmp_path / "mask.mha"))
    assert np.array_equal(SimpleITK.GetArrayFromImage(read), phantom.volume)
    assert np.array_equal(SimpleITK.GetArrayFromImage(mask), phantom.truth)
    for name in ("GetSize", "GetSpacing", "GetOrigin", "GetDirection"):
        assert getattr(read, name)() == pytest.approx(getattr(mask, name)())
    assert image.element_type == "int16"
    assert image.warnings == ()


def test_the_files_are_valid_dicom(phantom: Phantom, tmp_path: Path) -> None:
    paths = write_dicom_series(phantom, tmp_path / "dicom", patient="PHANTOM-7", series_number=3)
    datasets = [pydicom.dcmread(path) for path in paths]
    assert len({dataset.SOPInstanceUID for dataset in datasets}) == SHAPE[0]
    assert len({dataset.SeriesInstanceUID for dataset in datasets}) == 1
    for dataset in datasets:
        assert dataset.SOPInstanceUID.is_valid
        assert dataset.SOPInstanceUID.startswith("2.25.")
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
        assert (dataset.Modality, dataset.RescaleIntercept) == ("CT", -1024)
        assert dataset.PatientID == "PHANTOM-7"
