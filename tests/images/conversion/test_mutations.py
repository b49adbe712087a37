"""Real series, changed the way real series are: right, or named, never silently wrong.

The expected values are computed here with numpy and pydicom alone, or are those of the unchanged
series.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, SecondaryCaptureImageStorage, generate_uid

from app.images.conversion import CODES, ConversionError, ConvertedImage, convert, scan
from tests.data import DATA
from tests.images.conversion.conftest import convert_files, pixels_of
from tests.synthetic import dicom

pytestmark = pytest.mark.data
Array = np.ndarray
ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]
Change = Callable[[list[Dataset]], None]


def _real(folder: str, *, count: int | None = None) -> list[Dataset]:
    """Return the images of a real series, those with a position from the lowest up."""
    files = sorted(path for path in ((DATA or Path()) / folder).iterdir() if path.is_file())
    found = [dataset for dataset in map(dcmread, files) if "PixelData" in dataset]
    if all("ImagePositionPatient" in dataset for dataset in found):
        found.sort(key=_height)
    return found[:count]


def _height(dataset: Dataset) -> float:
    row, column = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)
    return float(np.cross(row, column) @ np.array(dataset.ImagePositionPatient, float))


def _ct() -> list[Dataset]:
    return _real("ct_axial_philips", count=6)


def _values(series: list[Dataset]) -> Array:
    """Return the real values slice by slice, in the given order."""
    return np.stack(
        [
            dataset.pixel_array.astype(np.float64) * float(dataset.get("RescaleSlope", 1))
            + float(dataset.get("RescaleIntercept", 0))
            for dataset in series
        ]
    )


def _shuffled(series: list[Dataset]) -> None:
    numbers = np.random.default_rng(7).permutation(len(series))
    for dataset, number in zip(series, numbers, strict=True):
        dataset.InstanceNumber = int(number) + 1


def _constant(series: list[Dataset]) -> None:
    for dataset in series:
        dataset.InstanceNumber = 1


def _absent(series: list[Dataset]) -> None:
    for dataset in series:
        del dataset.InstanceNumber


def _descending(series: list[Dataset]) -> None:
    series.reverse()
    for index, dataset in enumerate(series):
        dataset.InstanceNumber = index + 1


@pytest.mark.parametrize("change", [_shuffled, _constant, _absent, _descending])
@pytest.mark.parametrize("folder", ["ct_axial_philips", "mr_t1_sagittal_HFS"])
def test_order_comes_from_positions(
    folder: str, change: Change, convert_one: ConvertOne, tmp_path: Path
) -> None:
    series = _real(folder, count=6)
    expected, lowest = _values(series), series[0].ImagePositionPatient
    steps = np.diff([_height(dataset) for dataset in series])
    change(series)
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), expected)
    assert image.origin == pytest.approx(tuple(map(float, lowest)))
    assert image.spacing[2] == pytest.approx(steps.mean(), abs=1e-4)


def test_non_square_pixels_keep_their_axes(convert_one: ConvertOne, tmp_path: Path) -> None:
    series = _ct()
    for dataset in series:
        dataset.PixelSpacing = [0.9, 0.4]
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert image.spacing[:2] == (0.4, 0.9)


def test_a_missing_slice_is_named_with_its_place(tmp_path: Path) -> None:
    series = _ct()
    gap = series.pop(3)
    images, issues = convert_files(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert images == []
    assert set(issues.values()) == {"MissingSlices"}
    message = _message(tmp_path)
    assert "1 of 6 slices are missing" in message
    assert f"after {_height(gap) - 5:.2f} mm" in message
    assert "5.000 mm apart, found 10.000 mm" in message


def _message(folder: Path) -> str:
    (group,) = scan(sorted((folder / "in").iterdir())).groups
    with pytest.raises(ConversionError) as raised:
        convert(group, folder / "out")
    return raised.value.message


def test_uneven_steps_are_named_with_their_range(tmp_path: Path) -> None:
    series = _ct()
    for dataset in series[3:]:
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x, y, float(z) + 1.6]
    _, issues = convert_files(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert set(issues.values()) == {"VariableSpacing"}
    assert "from 5.000 to 6.600 mm" in _message(tmp_path)


def test_a_sheared_stack_is_named_with_its_angle(tmp_path: Path) -> None:
    series = _ct()
    for index, dataset in enumerate(series):
        x, y, z = map(float, dataset.ImagePositionPatient)
        dataset.ImagePositionPatient = [x, y + 1.5 * index, z]
    _, issues = convert_files(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert set(issues.values()) == {"GantryTilt"}
    assert "16.7 degrees" in _message(tmp_path)


def test_one_position_is_no_volume(codes: Codes, tmp_path: Path) -> None:
    series = _ct()
    for dataset in series:
        dataset.ImagePositionPatient = series[0].ImagePositionPatient
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"NotAVolume"}


def test_slopes_of_slices_are_applied_without_rounding(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    series = _ct()
    for index, dataset in enumerate(series):
        dataset.RescaleSlope, dataset.RescaleIntercept = f"{0.37 * (index + 1):.4f}", "-5.5"
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert image.element_type == "float32"
    assert np.allclose(pixels_of(image), _values(series), rtol=1e-6)


def test_two_series_in_one_folder_are_two_images(tmp_path: Path) -> None:
    first, second = _ct(), _real("mr_t1_sagittal_HFS", count=5)
    paths = dicom.save([*first, *second], tmp_path / "in")
    images, issues = convert_files(paths[::-1], tmp_path / "out")
    assert issues == {}
    found = {image.modality: pixels_of(image) for image in images}
    assert np.array_equal(found["CT"], _values(first))
    assert np.array_equal(found["MR"], _values(second))


def test_a_copied_series_under_another_number_is_not_merged(tmp_path: Path) -> None:
    first = _ct()
    second = copy.deepcopy(first)
    for dataset in second:
        dataset.SeriesInstanceUID, dataset.SOPInstanceUID = "1.2.3", generate_uid()
    images, issues = convert_files(dicom.save([*first, *second], tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert [image.size for image in images] == [(512, 512, 6)] * 2


def test_images_of_another_size_are_their_own_image(tmp_path: Path) -> None:
    series = _ct()
    for dataset in series[4:]:
        dataset.PixelData = np.ascontiguousarray(dataset.pixel_array[:256, :128]).tobytes()
        dataset.Rows, dataset.Columns = 256, 128
    images, issues = convert_files(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert [image.size for image in images] == [(512, 512, 4), (128, 256, 2)]
    assert [remark.code for image in images for remark in image.warnings] == ["SplitSeries"] * 2


def test_a_capture_among_slices_is_a_picture(tmp_path: Path) -> None:
    series = _ct()
    capture = dicom.picture(
        np.random.default_rng(3).integers(0, 255, (65, 74, 3)).astype(np.uint8),
        sop_class=SecondaryCaptureImageStorage,
        modality="CT",
    )
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        setattr(capture, keyword, getattr(series[0], keyword))
    paths = dicom.save([capture, *series], tmp_path / "in")
    images, issues = convert_files(paths, tmp_path / "out")
    assert issues == {}
    found = {image.size: image for image in images}
    assert sorted(found) == [(74, 65), (512, 512, 6)]
    assert np.array_equal(pixels_of(found[512, 512, 6]), _values(series))
    assert found[74, 65].color_space == "RGB"


def test_a_localizer_among_slices_is_its_own_image(tmp_path: Path) -> None:
    series = _ct()
    scout = copy.deepcopy(series[0])
    scout.SOPInstanceUID, scout.ImageType = generate_uid(), ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    scout.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    images, issues = convert_files(dicom.save([scout, *series], tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert sorted(image.size[2] for image in images) == [1, 6]


def _fmri(times: int = 3) -> tuple[list[list[Dataset]], Array]:
    """Return the first time points of the real 4D series as [t][z], and their values."""
    columns: dict[float, list[Dataset]] = {}
    for dataset in sorted(_real("mr_4d_ge_fmri"), key=lambda one: int(one.InstanceNumber)):
        columns.setdefault(round(_height(dataset), 3), []).append(dataset)
    places = [columns[height][:times] for height in sorted(columns)]
    volumes = [list(volume) for volume in zip(*places, strict=True)]
    return volumes, np.stack([_values(volume) for volume in volumes])


def _numbered(volumes: list[list[Dataset]], *, slice_major: bool) -> list[Dataset]:
    times, slices = len(volumes), len(volumes[0])
    for time, volume in enumerate(volumes):
        for index, dataset in enumerate(volume):
            number = index * times + time if slice_major else time * slices + index
            dataset.InstanceNumber = number + 1
            for keyword in ("TriggerTime", "AcquisitionTime", "ContentTime", "AcquisitionNumber"):
                if keyword in dataset:
                    delattr(dataset, keyword)
    return [dataset for volume in volumes for dataset in volume]


@pytest.mark.parametrize("slice_major", [True, False])
def test_time_points_in_any_storage_order(
    slice_major: bool, convert_one: ConvertOne, tmp_path: Path
) -> None:
    volumes, expected = _fmri()
    files = _numbered(volumes, slice_major=slice_major)
    image = convert_one(dicom.save(files[::-1], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), expected)


def test_time_points_by_a_declared_index(convert_one: ConvertOne, tmp_path: Path) -> None:
    volumes, expected = _fmri()
    files = _numbered(volumes, slice_major=True)
    for time, volume in enumerate(volumes):
        for dataset in volume:
            dataset.TemporalPositionIdentifier = time + 1
    _shuffled(files)
    assert np.array_equal(pixels_of(convert_one(dicom.save(files, tmp_path / "in"))), expected)


def test_a_slice_missing_of_one_time_point_is_named(codes: Codes, tmp_path: Path) -> None:
    volumes, _ = _fmri()
    del volumes[1][4]
    files = [dataset for volume in volumes for dataset in volume]
    issues = codes(dicom.save(files, tmp_path / "in"))
    assert set(issues.values()) == {"InconsistentTimePoints"}


def test_two_echoes_of_a_series_are_two_images(tmp_path: Path) -> None:
    first = _real("mr_t1_sagittal_HFS", count=5)
    second = copy.deepcopy(first)
    for dataset in second:
        dataset.SOPInstanceUID, dataset.EchoTime = generate_uid(), 7.38
        dataset.PixelData = (dataset.pixel_array // 2).astype("<u2").tobytes()
    images, issues = convert_files(dicom.save([*first, *second], tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    found = sorted(pixels_of(image).astype(float).sum() for image in images)
    assert found == sorted([_values(first).sum(), _values(second).sum()])


def _frames_only(source: Dataset, indices: list[int]) -> Dataset:
    """Return an enhanced object that holds some frames of another."""
    part = copy.deepcopy(source)
    part.SOPInstanceUID, part.NumberOfFrames = generate_uid(), len(indices)
    part.PixelData = source.pixel_array[indices].tobytes()
    groups = source.PerFrameFunctionalGroupsSequence
    part.PerFrameFunctionalGroupsSequence = [copy.deepcopy(groups[index]) for index in indices]
    return part


def test_one_enhanced_series_in_a_file_per_time_point(tmp_path: Path) -> None:
    (whole,) = _real("enhanced_mr_philips_4d")
    by_time: dict[int, list[int]] = {}
    for index, item in enumerate(whole.PerFrameFunctionalGroupsSequence):
        by_time.setdefault(int(item.FrameContentSequence[0].TemporalPositionIndex), []).append(
            index
        )
    parts = [_frames_only(whole, indices) for indices in by_time.values()]
    one, _ = convert_files(dicom.save([whole], tmp_path / "one"), tmp_path / "out")
    many, issues = convert_files(dicom.save(parts[::-1], tmp_path / "many"), tmp_path / "out")
    assert issues == {}
    (image,) = many
    assert len(image.sources) == 4
    assert image.size == (64, 64, 8, 4)
    assert np.array_equal(pixels_of(image), pixels_of(one[0]))


def test_two_enhanced_series_with_one_stack_name(tmp_path: Path) -> None:
    (first,) = _real("enhanced_mr_philips")
    second = copy.deepcopy(first)
    second.SeriesInstanceUID, second.SOPInstanceUID = generate_uid(), generate_uid()
    images, issues = convert_files(dicom.save([first, second], tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert [image.size for image in images] == [(256, 256, 8)] * 2


def test_magnitude_and_phase_of_a_real_file_are_two_images(tmp_path: Path) -> None:
    (made,) = _real("enhanced_mr_philips_4d")
    for item in made.PerFrameFunctionalGroupsSequence:
        late = int(item.FrameContentSequence[0].TemporalPositionIndex) > 2
        item.MRImageFrameTypeSequence[0].ComplexImageComponent = "PHASE" if late else "MAGNITUDE"
    images, issues = convert_files(dicom.save([made], tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert [image.size for image in images] == [(64, 64, 8, 2)] * 2


def test_rescale_of_frames_reaches_the_pixels(convert_one: ConvertOne, tmp_path: Path) -> None:
    (made,) = _real("enhanced_ct_2frames")
    stored = made.pixel_array.astype(int)
    heights = []
    for index, item in enumerate(made.PerFrameFunctionalGroupsSequence):
        mapping = Dataset()
        mapping.RescaleSlope, mapping.RescaleIntercept = index + 1, -1000 * index
        mapping.RescaleType = "HU"
        item.PixelValueTransformationSequence = [mapping]
        heights.append(float(item.PlanePositionSequence[0].ImagePositionPatient[2]))
    shared = made.SharedFunctionalGroupsSequence[0]
    if "PixelValueTransformationSequence" in shared:
        del shared.PixelValueTransformationSequence
    image = convert_one(dicom.save([made], tmp_path / "in"))
    expected = np.stack([stored[0], stored[1] * 2 - 1000])
    normal = image.direction[8]
    order = np.argsort(np.array(heights) * normal)
    assert np.array_equal(pixels_of(image), expected[order])


def test_big_endian_is_read(convert_one: ConvertOne, tmp_path: Path) -> None:
    series = _ct()
    expected = _values(series)
    paths = dicom.save(series, tmp_path / "in")
    for path in paths:
        dataset = dcmread(path)
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").byteswap().tobytes()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        fresh = Dataset()
        fresh.update({element.tag: element for element in dataset if not element.tag.is_private})
        fresh.file_meta = dataset.file_meta
        fresh.save_as(path, implicit_vr=False, little_endian=False, enforce_file_format=True)
    assert np.array_equal(pixels_of(convert_one(paths)), expected)


def test_inverted_gray_keeps_its_values(convert_one: ConvertOne, tmp_path: Path) -> None:
    (made,) = _real("cr_monochrome1")
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), made.pixel_array)
    assert image.photometric == "MONOCHROME1"


def test_without_pixel_spacing_no_millimeters_are_claimed(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    series = _ct()
    for dataset in series:
        del dataset.PixelSpacing
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert image.spacing_valid is False
    assert [remark.code for remark in image.warnings] == ["NoSpacing"]


def test_without_positions_there_is_no_volume(codes: Codes, tmp_path: Path) -> None:
    series = _ct()
    for dataset in series:
        del dataset.ImagePositionPatient
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"NoSliceOrder"}


def test_truncated_pixels_name_the_file(tmp_path: Path) -> None:
    paths = dicom.save(_ct(), tmp_path / "in")
    paths[2].write_bytes(paths[2].read_bytes()[:-1000])
    result = scan(paths)
    (issue,) = result.skipped
    assert (issue.file, issue.code) == (paths[2], "TruncatedPixelData")
    assert "bytes, 524288 are needed" in issue.message


def test_a_bad_number_of_frames_stops_no_other_image(tmp_path: Path) -> None:
    series = _ct()
    series[-1].add_new(0x00280008, "LO", "1A")
    series[-1]["NumberOfFrames"].VR = "IS"
    paths = dicom.save(series[:-1], tmp_path / "in")
    (bad,) = dicom.save(series[-1:], tmp_path / "bad")
    images, issues = convert_files([bad, *paths], tmp_path / "out")
    assert issues == {"0000.dcm": "InvalidHeader"}
    assert [image.size for image in images] == [(512, 512, 5)]
    assert "(0028,0008)" in scan([bad]).skipped[0].message


def test_every_failure_has_a_cause_and_an_advice(tmp_path: Path) -> None:
    files = [path for path in (DATA or Path()).rglob("*") if path.is_file()]
    skipped = scan(files).skipped
    assert len(skipped) > 5
    for issue in skipped:
        assert issue.code in CODES
        assert issue.code != "InternalError"
        assert issue.message.endswith(".")
        assert issue.advice


@pytest.mark.parametrize("folder", ["wsi_svs", "wsi_dicom_tiny"])
def test_whole_slides_are_named_one_by_one(folder: str) -> None:
    files = sorted(path for path in ((DATA or Path()) / folder).iterdir() if path.is_file())
    result = scan(files)
    assert result.groups == []
    assert {issue.file: issue.code for issue in result.skipped} == dict.fromkeys(
        files, "WholeSlide"
    )
