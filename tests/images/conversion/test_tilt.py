"""Gantry tilt: refused by default, straightened on request, proved three independent ways."""

from __future__ import annotations

import math
import shutil
import subprocess
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from app.images.conversion import ConversionError, ConvertedImage, Limits, Options, convert, scan
from app.images.conversion.child import run_conversion
from tests.data import DATA
from tests.images.conversion.conftest import on_grid_of, pixels_of, sitk
from tests.synthetic import dicom

SHEAR = Options(tilt="shear")
GRADIENT = np.array([0.75, -1.25, 2.0])
"""Values per mm of the linear phantom along x, y, z: linear interpolation has no error on it."""


def _convert(paths: list[Path], output: Path, *, options: Options = SHEAR) -> ConvertedImage:
    output.mkdir(parents=True, exist_ok=True)
    (group,) = scan(paths).groups
    return convert(group, output, options=options)


def _centers(image: object) -> np.ndarray:
    """Return where each voxel lies, LPS mm, (z, y, x, 3), as SimpleITK reads the file."""
    size = image.GetSize()[:3]  # type: ignore[attr-defined]
    points = [
        image.TransformIndexToPhysicalPoint((x, y, z))  # type: ignore[attr-defined]
        for z in range(size[2])
        for y in range(size[1])
        for x in range(size[0])
    ]
    return np.array(points).reshape(size[2], size[1], size[0], 3)


def _linear_phantom(
    orientation: tuple[float, ...], step: tuple[float, ...], *, slices: int = 6
) -> list[Dataset]:
    """Return a series whose values are GRADIENT . position, to a tenth."""
    series = dicom.classic(
        np.zeros((slices, 12, 10), np.int16), orientation=orientation, step=step, modality="MR"
    )
    rows, columns = np.mgrid[0:12, 0:10]
    for dataset in series:
        row, column = (np.array(orientation[:3]), np.array(orientation[3:]))
        place = (
            np.array(dataset.ImagePositionPatient, float)
            + columns[..., None] * dicom.SPACING[1] * row
            + rows[..., None] * dicom.SPACING[0] * column
        )
        dataset.PixelData = np.round(place @ GRADIENT * 100).astype("<i2").tobytes()
        dataset.RescaleSlope, dataset.RescaleIntercept = "0.01", "0"
    return series


OBLIQUE = (0.0, 1.0, 0.0, -0.5, 0.0, -math.sqrt(0.75))


@pytest.mark.parametrize(
    ("orientation", "step"),
    [
        (dicom.AXIAL, (0.0, 0.7, 2.4)),
        (dicom.AXIAL, (0.0, -0.7, 2.4)),
        (dicom.AXIAL, (0.55, 0.0, 2.4)),
        (dicom.AXIAL, (-0.3, 0.7, 2.4)),
        (dicom.AXIAL, (0.3, -0.9, -2.4)),
        (OBLIQUE, (-2.0, 0.4, 0.8)),
    ],
)
def test_every_voxel_holds_the_value_of_the_place_it_claims(
    orientation: tuple[float, ...], step: tuple[float, ...], tmp_path: Path
) -> None:
    paths = dicom.save(_linear_phantom(orientation, step), tmp_path / "in")
    image = sitk.ReadImage(str(_convert(paths, tmp_path / "out").path))
    found = sitk.GetArrayFromImage(image)
    expected = _centers(image) @ GRADIENT
    lowest = min(float(dcmread(path).pixel_array.min()) for path in paths) * 0.01
    known = np.abs(found - lowest) > 1e-6
    assert known.sum() >= 0.8 * 6 * 9 * 11
    error = np.abs(found - expected)[known]
    # Edges may be half a pixel off where a neighbor is missing; inside there is only rounding.
    assert error.max() <= 0.5 * (0.5 * 0.75 + 0.8 * 2.2) + 0.02
    assert np.quantile(error, 0.75) <= 0.011
    normal = np.cross(orientation[:3], orientation[3:])
    gap = abs(float(np.dot(step, normal)))
    assert image.GetSpacing() == pytest.approx((0.5, 0.8, gap), abs=1e-6)
    assert np.linalg.det(np.array(image.GetDirection()).reshape(3, 3)) == pytest.approx(1.0)


def test_no_pixel_of_a_whole_shift_is_lost_or_changed(tmp_path: Path) -> None:
    stored = dicom.volume(slices=4)
    paths = dicom.save(dicom.classic(stored, step=(0.0, 0.8, 2.4)), tmp_path / "in")
    image = _convert(paths, tmp_path / "out")
    assert image.size == (10, 15, 4)
    lowest = int(stored.min()) - 1024
    expected = np.full((4, 15, 10), lowest)
    for index, plane in enumerate(stored):
        expected[index, index : index + 12] = plane.astype(int) - 1024
    assert np.array_equal(pixels_of(image), expected)
    assert image.origin == dicom.ORIGIN
    assert image.element_type == "int16"


def test_padding_is_not_mixed_with_tissue(tmp_path: Path) -> None:
    stored = np.full((4, 12, 10), 1000, np.int16)
    stored[:, :, :3] = -2000
    series = dicom.classic(stored, step=(0.2, 0.0, 2.4))
    for dataset in series:
        dataset.add_new(0x00280120, "SS", -2000)
    found = pixels_of(_convert(dicom.save(series, tmp_path / "in"), tmp_path / "out"))
    assert set(np.unique(found)) == {-2000 - 1024, 1000 - 1024}


def test_a_tilted_series_over_time_is_straightened_alike(tmp_path: Path) -> None:
    series = []
    for time in range(2):
        for dataset in dicom.classic(dicom.volume(seed=time), step=(0.0, 0.8, 2.4)):
            dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2", "1.2.3"
            dataset.FrameOfReferenceUID = "1.2.4"
            dataset.TemporalPositionIdentifier = time + 1
            series.append(dataset)
    found = pixels_of(_convert(dicom.save(series, tmp_path / "in"), tmp_path / "out"))
    for time in range(2):
        for index, plane in enumerate(dicom.volume(seed=time)):
            inside = found[time, index, index : index + 12]
            assert np.array_equal(inside, plane.astype(int) - 1024)


def test_the_image_says_what_was_done_to_it(tmp_path: Path) -> None:
    paths = dicom.save(dicom.classic(dicom.volume(), step=(0.0, 0.6, 2.4)), tmp_path / "in")
    image = _convert(paths, tmp_path / "out")
    (remark,) = image.warnings
    assert remark.code == "TiltCorrected"
    assert "14.0 degrees" in remark.message
    assert "linear interpolation" in remark.message
    header = image.path.read_bytes().split(b"LOCAL")[0]
    assert b"TiltDegrees = 14.0362\n" in header
    assert b"TiltHandling = SHEAR_LINEAR\n" in header


def test_without_being_asked_the_tilt_is_named_with_its_degrees(tmp_path: Path) -> None:
    paths = dicom.save(dicom.classic(dicom.volume(), step=(0.0, 0.6, 2.4)), tmp_path / "in")
    with pytest.raises(ConversionError, match=r"14\.0 degrees") as raised:
        _convert(paths, tmp_path / "out", options=Options())
    assert (raised.value.code, raised.value.tag) == ("GantryTilt", "(0018,1120)")


def test_a_straight_series_is_left_alone_by_the_option(tmp_path: Path) -> None:
    stored = dicom.volume()
    image = _convert(dicom.save(dicom.classic(stored), tmp_path / "in"), tmp_path / "out")
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)
    assert image.warnings == ()


def test_slices_that_bend_are_no_tilt(tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(), step=(0.0, 0.6, 2.4))
    series[2].ImagePositionPatient = [5.0, -20.0, dicom.ORIGIN[2] + 2 * 2.4]
    with pytest.raises(ConversionError) as raised:
        _convert(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert raised.value.code == "NotAVolume"


def test_the_grown_slice_is_bounded_before_it_is_made(tmp_path: Path) -> None:
    paths = dicom.save(dicom.classic(dicom.volume(), step=(0.0, 90.0, 2.4)), tmp_path / "in")
    (group,) = scan(paths).groups
    (tmp_path / "out").mkdir()
    with pytest.raises(ConversionError) as raised:
        convert(group, tmp_path / "out", options=SHEAR, limits=Limits(frame_bytes=8000))
    assert raised.value.code == "TooLarge"
    assert list((tmp_path / "out").iterdir()) == []


def _peak(slices: int, folder: Path) -> int:
    stored = dicom.volume(slices=slices, rows=128, columns=128)
    paths = dicom.save(dicom.classic(stored, step=(0.0, 0.05, 2.4)), folder / "in")
    tracemalloc.start()
    try:
        _convert(paths, folder / "out")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_straightening_holds_slices_not_volumes(tmp_path: Path) -> None:
    few, many = _peak(80, tmp_path / "few"), _peak(240, tmp_path / "many")
    assert many - few < 160 * 128 * 128 * 2 / 3


def test_the_option_reaches_the_child_process(tmp_path: Path) -> None:
    dicom.save(dicom.classic(dicom.volume(), step=(0.0, 0.6, 2.4)), tmp_path / "in")
    refused = run_conversion(tmp_path / "in", tmp_path / "out")
    assert {issue.code for issue in refused.issues} == {"GantryTilt"}
    straight = run_conversion(tmp_path / "in", tmp_path / "out", options=SHEAR)
    assert straight.issues == []
    assert [image.size for image in straight.images] == [(10, 15, 5)]


@pytest.mark.parametrize("values", [{"tilt": "guess"}, {"other": 1}, {"tilt": None}])
def test_what_is_no_option_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="option"):
        Options.of(values)


def _real_paths() -> list[Path]:
    return sorted((DATA or Path()).glob("ct_gantry_tilt/*.dcm"))


@pytest.mark.data
def test_real_slices_lie_where_a_general_resampler_puts_them(tmp_path: Path) -> None:
    image = _convert(_real_paths(), tmp_path / "out")
    grid = sitk.ReadImage(str(image.path))
    assert "14.0 degrees" in image.warnings[0].message
    planes = sorted((sitk.ReadImage(str(path)) for path in _real_paths()), key=_height)
    for index, plane in enumerate(planes):
        found = sitk.GetArrayFromImage(grid)[index]
        expected, inside = _resampled(plane, grid, index)
        assert inside.mean() > 0.95
        assert np.abs(found.astype(float) - expected)[inside].max() <= 0.5 + 1e-2


def _height(plane: object) -> float:
    direction = np.array(plane.GetDirection()).reshape(3, 3)  # type: ignore[attr-defined]
    return float(np.dot(direction[:, 2], plane.GetOrigin()))  # type: ignore[attr-defined]


def _resampled(plane: object, grid: object, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Let SimpleITK resample one slice onto slice `index` of the grid, both as flat pictures."""
    direction = np.array(grid.GetDirection()).reshape(3, 3)  # type: ignore[attr-defined]
    start = np.array(grid.TransformIndexToPhysicalPoint((0, 0, index)))  # type: ignore[attr-defined]
    moved = (np.array(plane.GetOrigin()) - start) @ direction  # type: ignore[attr-defined]
    assert abs(moved[2]) < 0.01
    flat = sitk.GetImageFromArray(sitk.GetArrayFromImage(plane)[0].astype(np.float64))
    flat.SetSpacing(plane.GetSpacing()[:2])  # type: ignore[attr-defined]
    flat.SetOrigin(moved[:2].tolist())
    target = sitk.Image(*grid.GetSize()[:2], sitk.sitkFloat64)  # type: ignore[attr-defined]
    target.SetSpacing(grid.GetSpacing()[:2])  # type: ignore[attr-defined]
    done = sitk.Resample(flat, target, sitk.Transform(), sitk.sitkLinear, math.nan)
    values = sitk.GetArrayFromImage(done)
    inside = ~np.isnan(values)
    inside[:-1] &= inside[1:].copy()
    inside[1:] &= inside[:-1].copy()
    return values, inside


@pytest.mark.data
@pytest.mark.skipif(shutil.which("dcm2niix") is None, reason="dcm2niix is not installed")
def test_real_slices_agree_with_another_converter(tmp_path: Path) -> None:
    """dcm2niix flips the rows, as it always does; then both are the same, voxel by voxel."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    subprocess.run(
        ["dcm2niix", "-z", "n", "-f", "s", "-o", str(folder), str(_real_paths()[0].parent)],
        check=True, capture_output=True,
    )  # fmt: skip
    theirs = sitk.ReadImage(str(next(folder.glob("*_Tilt_*.nii"))))
    ours = sitk.ReadImage(str(_convert(_real_paths(), tmp_path / "out").path))
    assert np.array_equal(sitk.GetArrayFromImage(ours), on_grid_of(ours, theirs)[0])
