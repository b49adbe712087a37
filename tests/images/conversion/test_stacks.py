"""Classic series: order, spacing, gaps, tilt, splitting, time."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from app.images.conversion import ConvertedImage
from tests.images.conversion.conftest import convert_files, pixels_of, sitk
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]


def _constant(series: list[Dataset]) -> None:
    for dataset in series:
        dataset.InstanceNumber = 1


def _absent(series: list[Dataset]) -> None:
    for dataset in series:
        del dataset.InstanceNumber


def _backwards(series: list[Dataset]) -> None:
    for dataset, number in zip(series, range(len(series), 0, -1), strict=True):
        dataset.InstanceNumber = number


def _unchanged(series: list[Dataset]) -> None:
    del series


@pytest.mark.parametrize("number", [_unchanged, _constant, _absent, _backwards])
def test_slices_are_ordered_by_position_whatever_their_numbers_say(
    number: Callable[[list[Dataset]], None], convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored)
    number(series)
    order = np.random.default_rng(1).permutation(len(series))
    image = convert_one(dicom.save([series[i] for i in order], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)
    assert image.element_type == "int16"
    assert image.rescale_type == "HU"
    assert image.origin == dicom.ORIGIN


def test_geometry_is_what_an_independent_reader_finds(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    tilt = math.radians(30)
    orientation = (0.0, 1.0, 0.0, -math.sin(tilt), 0.0, -math.cos(tilt))
    paths = dicom.save(dicom.classic(dicom.volume(), orientation=orientation), tmp_path / "in")
    image = sitk.ReadImage(str(convert_one(paths).path))
    reader = sitk.ImageSeriesReader()
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path / "in"))
    reader.SetFileNames(names)
    expected = reader.Execute()
    assert image.GetSize() == expected.GetSize()
    assert image.GetSpacing() == pytest.approx(expected.GetSpacing())
    assert image.GetOrigin() == pytest.approx(expected.GetOrigin())
    assert image.GetDirection() == pytest.approx(expected.GetDirection(), abs=1e-6)
    assert np.array_equal(sitk.GetArrayViewFromImage(image), sitk.GetArrayViewFromImage(expected))


def test_row_spacing_is_y_and_slice_distance_is_measured(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    image = convert_one(dicom.save(dicom.classic(dicom.volume()), tmp_path / "in"))
    assert image.spacing == pytest.approx((0.5, 0.8, 2.5))
    assert image.spacing_valid


def test_rounded_positions_do_not_add_up_to_a_wrong_distance(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    series = dicom.classic(dicom.volume(slices=41))
    for index, dataset in enumerate(series):
        dataset.ImagePositionPatient = [0, 0, round(0.625 * index, 2)]
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert image.spacing[2] == pytest.approx(0.625, abs=1e-4)


def test_a_missing_slice_is_named(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(slices=6))
    del series[2]
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"MissingSlices"}


def test_unequal_steps_are_named(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume())
    series[-1].ImagePositionPatient = [*dicom.ORIGIN[:2], dicom.ORIGIN[2] + 11.3]
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"VariableSpacing"}


def test_steps_that_differ_by_less_than_a_slice_are_named(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume())[:4]
    for dataset, height in zip(series, (0.0, 5.0, 10.08, 15.08), strict=True):
        dataset.ImagePositionPatient = [0, 0, height]
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"VariableSpacing"}


def test_gantry_tilt_is_refused(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(slices=8), step=(0.0, 0.6, 2.4))
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"GantryTilt"}


def test_slices_shifted_sideways_are_no_volume(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume())
    series[2].ImagePositionPatient = [5.0, -20.0, dicom.ORIGIN[2] + 2 * dicom.GAP]
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"NotAVolume"}


def test_images_at_one_position_are_no_volume(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(), step=(0.0, 0.0, 0.0))
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"NotAVolume"}


def test_one_slice_over_time_is_four_dimensional(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored, modality="MR", step=(0.0, 0.0, 0.0))
    for index, dataset in enumerate(series):
        dataset.TriggerTime = 40 * (len(series) - index)
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert image.size == (10, 12, 1, 5)
    assert np.array_equal(pixels_of(image)[:, 0], stored[::-1])


def test_without_positions_there_is_no_order(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume())
    for dataset in series:
        del dataset.ImagePositionPatient
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"NoSliceOrder"}


def test_a_skewed_orientation_is_refused(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume())
    for dataset in series:
        dataset.ImageOrientationPatient = [1, 0, 0, 0.5, 0.866025, 0]
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"InvalidOrientation"}


def test_a_single_slice_says_that_its_depth_is_only_stated(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    image = convert_one(dicom.save(dicom.classic(dicom.volume(slices=1)), tmp_path / "in"))
    assert image.size == (10, 12, 1)
    assert image.spacing[2] == 99.0
    assert [remark.code for remark in image.warnings] == ["OneSlice"]


def test_missing_pixel_spacing_is_not_made_up(convert_one: ConvertOne, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume())
    for dataset in series:
        del dataset.PixelSpacing
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert not image.spacing_valid
    assert "NoSpacing" in [remark.code for remark in image.warnings]


def _turned(dataset: Dataset, index: int) -> None:
    dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    dataset.ImagePositionPatient = [-3.0 * index, 0, 0]


def _echo(dataset: Dataset, index: int) -> None:
    dataset.EchoTime = 30 + 10 * (index // 3)
    dataset.ImagePositionPatient = [0, 0, 2.5 * (index % 3)]


def _phase(dataset: Dataset, index: int) -> None:
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M" if index < 3 else "P"]
    dataset.ImagePositionPatient = [0, 0, 2.5 * (index % 3)]


def _series(dataset: Dataset, index: int) -> None:
    del index
    dataset.SeriesInstanceUID = "1.2.3.4"


@pytest.mark.parametrize("change", [_turned, _echo, _phase, _series])
def test_unlike_images_of_one_folder_are_split(
    change: Callable[[Dataset, int], None], tmp_path: Path
) -> None:
    stored = dicom.volume(slices=6)
    series = dicom.classic(stored, modality="MR")
    for index, dataset in enumerate(series):
        if index >= 3 or change in (_echo, _phase):
            change(dataset, index)
    images, issues = convert_files(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert [image.size for image in images] == [(10, 12, 3)] * 2
    found = sorted(pixels_of(image).tobytes() for image in images)
    assert found == sorted(stored[part].tobytes() for part in (slice(0, 3), slice(3, 6)))


def test_splitting_a_series_is_said(tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(slices=6), modality="MR")
    for index in range(3, 6):
        _turned(series[index], index)
    images, _ = convert_files(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert [[remark.code for remark in image.warnings] for image in images] == [
        ["MixedOrientations"],
        ["MixedOrientations"],
    ]


def test_a_file_uploaded_twice_is_used_once(tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume())
    paths = dicom.save([*series, series[2]], tmp_path / "in")
    images, issues = convert_files(paths, tmp_path / "out")
    assert issues == {"0005.dcm": "DuplicateInstance"}
    assert [image.size for image in images] == [(10, 12, 5)]


def test_the_same_slice_under_a_new_identifier_is_used_once(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    series = dicom.classic(dicom.volume())
    again = copy.deepcopy(series[2])
    again.SOPInstanceUID = generate_uid()
    image = convert_one(dicom.save([*series, again], tmp_path / "in"))
    assert image.size == (10, 12, 5)
    assert [remark.code for remark in image.warnings] == ["DuplicateInstance"]


def test_two_different_slices_at_one_position_are_refused(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume())
    other = copy.deepcopy(series[2])
    other.SOPInstanceUID = generate_uid()
    other.PixelData = other.PixelData[::-1]
    other.BitsStored, other.HighBit = 16, 15
    for dataset in series:
        dataset.BitsStored, dataset.HighBit = 16, 15
    issues = codes(dicom.save([*series, other], tmp_path / "in"))
    assert set(issues.values()) == {"InconsistentTimePoints"}


@pytest.mark.parametrize("slice_major", [True, False])
@pytest.mark.parametrize("keyword", ["TemporalPositionIdentifier", "AcquisitionNumber", None])
def test_time_points_become_a_fourth_axis(
    keyword: str | None, slice_major: bool, convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume(slices=12).reshape(3, 4, 12, 10)
    files = []
    for time, part in enumerate(stored):
        for index, dataset in enumerate(dicom.classic(part, modality="MR")):
            dataset.SeriesInstanceUID, dataset.StudyInstanceUID = "1.2.3", "1.2"
            dataset.FrameOfReferenceUID = "1.2.4"
            dataset.InstanceNumber = 1 + (index * 3 + time if slice_major else time * 4 + index)
            if keyword:
                setattr(dataset, keyword, time + 1)
            files.append(dataset)
    image = convert_one(dicom.save(files, tmp_path / "in"))
    assert image.size == (10, 12, 4, 3)
    assert np.array_equal(pixels_of(image), stored)


def test_the_time_step_comes_from_the_acquisition_times(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    files = []
    for time in range(3):
        for dataset in dicom.classic(dicom.volume(slices=2, seed=time), modality="MR"):
            dataset.SeriesInstanceUID, dataset.StudyInstanceUID = "1.2.3", "1.2"
            dataset.FrameOfReferenceUID = "1.2.4"
            dataset.AcquisitionTime = f"1000{2 * time:02d}.500000"
            files.append(dataset)
    assert convert_one(dicom.save(files, tmp_path / "in")).time_step == 2.0


def test_a_time_point_with_too_few_slices_is_named(codes: Codes, tmp_path: Path) -> None:
    files = []
    for time in range(2):
        for dataset in dicom.classic(dicom.volume(seed=time), modality="MR")[: 5 - time]:
            dataset.SeriesInstanceUID, dataset.StudyInstanceUID = "1.2.3", "1.2"
            dataset.FrameOfReferenceUID = "1.2.4"
            files.append(dataset)
    issues = codes(dicom.save(files, tmp_path / "in"))
    assert set(issues.values()) == {"InconsistentTimePoints"}
    assert len(issues) == 9
