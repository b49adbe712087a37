"""Enhanced multi-frame objects: functional groups, time, several files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID

from app.images.conversion import ConvertedImage, scan
from tests.images.conversion.conftest import convert_files, pixels_of
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]


def test_an_enhanced_ct_equals_the_classic_series(tmp_path: Path) -> None:
    stored = dicom.volume()
    classic, _ = convert_files(dicom.save(dicom.classic(stored), tmp_path / "a"), tmp_path / "out")
    enhanced, _ = convert_files(
        dicom.save([dicom.enhanced(stored)], tmp_path / "b"), tmp_path / "out"
    )
    assert np.array_equal(pixels_of(classic[0]), pixels_of(enhanced[0]))
    for name in ("size", "spacing", "origin", "direction", "element_type", "rescale_type"):
        assert getattr(classic[0], name) == getattr(enhanced[0], name)


def test_rescale_is_that_of_each_frame(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    made = dicom.enhanced(stored, rescale=lambda index: (2.0, float(index)))
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(
        pixels_of(image), [plane.astype(int) * 2 + i for i, plane in enumerate(stored)]
    )


def test_frames_are_ordered_by_position(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    made = dicom.enhanced(stored, position=lambda index: (0.0, 0.0, -3.0 * index))
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored[::-1].astype(int) - 1024)
    assert image.spacing[2] == 3.0
    assert image.origin[2] == -12.0


def _in_time(stored: np.ndarray) -> Dataset:
    made = dicom.enhanced(
        stored, modality="MR", position=lambda index: (0.0, 0.0, 2.0 * (index // 3)),
        rescale=lambda index: (1.0, 0.0),
    )  # fmt: skip
    for index, item in enumerate(made.PerFrameFunctionalGroupsSequence):
        item.FrameContentSequence[0].TemporalPositionIndex = 3 - index % 3
    return made


def test_temporal_positions_become_a_fourth_axis(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume(slices=12)
    image = convert_one(dicom.save([_in_time(stored)], tmp_path / "in"))
    assert image.size == (10, 12, 4, 3)
    assert np.array_equal(pixels_of(image), stored.reshape(4, 3, 12, 10).swapaxes(0, 1)[::-1])


def test_several_files_of_a_series_are_joined(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume(slices=12).reshape(3, 4, 12, 10)
    files = []
    for time, part in enumerate(stored):
        made = dicom.enhanced(part, modality="MR", rescale=lambda index: (1.0, 0.0))
        made.StudyInstanceUID, made.SeriesInstanceUID = "1.2", "1.2.3"
        made.FrameOfReferenceUID = "1.2.4"
        made.InstanceNumber = time + 1
        files.append(made)
    image = convert_one(dicom.save(files[::-1], tmp_path / "in"))
    assert len(image.sources) == 3
    assert np.array_equal(pixels_of(image), stored)


def test_magnitude_and_phase_in_one_file_are_two_images(tmp_path: Path) -> None:
    stored = dicom.volume(slices=6)
    made = dicom.enhanced(
        stored, modality="MR", position=lambda index: (0.0, 0.0, 2.0 * (index % 3)),
        rescale=lambda index: (1.0, 0.0),
    )  # fmt: skip
    for index, item in enumerate(made.PerFrameFunctionalGroupsSequence):
        kind = Dataset()
        kind.ComplexImageComponent = "MAGNITUDE" if index < 3 else "PHASE"
        item.MRImageFrameTypeSequence = [kind]
    images, issues = convert_files(dicom.save([made], tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    found = sorted(pixels_of(image).tobytes() for image in images)
    assert found == sorted([stored[:3].tobytes(), stored[3:].tobytes()])


def test_a_frame_without_position_is_named(codes: Codes, tmp_path: Path) -> None:
    made = dicom.enhanced(dicom.volume())
    del made.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "MissingFunctionalGroup"}


def test_an_enhanced_object_without_groups_is_named(codes: Codes, tmp_path: Path) -> None:
    made = dicom.enhanced(dicom.volume())
    del made.PerFrameFunctionalGroupsSequence
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "MissingFunctionalGroup"}


def test_fewer_groups_than_frames_are_named(codes: Codes, tmp_path: Path) -> None:
    made = dicom.enhanced(dicom.volume())
    made.PerFrameFunctionalGroupsSequence = made.PerFrameFunctionalGroupsSequence[:-1]
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "InvalidHeader"}


def _drop(name: str, *, everywhere: bool) -> Callable[[Dataset], None]:
    def change(made: Dataset) -> None:
        shared = made.SharedFunctionalGroupsSequence[0]
        for index, item in enumerate(made.PerFrameFunctionalGroupsSequence):
            if name in shared:
                setattr(item, name, getattr(shared, name))
            if everywhere or index == 2:
                delattr(item, name)
        if name in shared:
            delattr(shared, name)

    return change


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize(
    "name", ["PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence"]
)
def test_each_group_a_frame_must_have_is_named(name: str, everywhere: bool, tmp_path: Path) -> None:
    made = dicom.enhanced(dicom.volume())
    _drop(name, everywhere=everywhere)(made)
    result = scan(dicom.save([made], tmp_path / "in"))
    assert result.groups == []
    (issue,) = result.skipped
    assert issue.code == "MissingFunctionalGroup"
    assert name.removesuffix("Sequence") in issue.message


def test_a_frame_without_place_and_plane_is_not_taken_for_a_picture(
    codes: Codes, tmp_path: Path
) -> None:
    made = dicom.enhanced(dicom.volume())
    _drop("PlaneOrientationSequence", everywhere=False)(made)
    _drop("PlanePositionSequence", everywhere=False)(made)
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "MissingFunctionalGroup"}


def test_groups_of_a_frame_win_over_shared_and_top_level(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume()
    made = dicom.enhanced(stored)
    made.RescaleSlope, made.RescaleIntercept, made.PixelSpacing = 7, 7, [7, 7]
    shared = Dataset()
    shared.RescaleSlope, shared.RescaleIntercept, shared.RescaleType = 5, 5, "HU"
    made.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence = [shared]
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)
    assert image.spacing[:2] == (0.5, 0.8)


def test_top_level_counts_where_groups_say_nothing(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    made = dicom.enhanced(stored)
    for item in made.PerFrameFunctionalGroupsSequence:
        del item.PixelValueTransformationSequence
    made.RescaleSlope, made.RescaleIntercept = 2, -5
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) * 2 - 5)


def test_stacks_of_one_file_are_split(tmp_path: Path) -> None:
    stored = dicom.volume(slices=6)
    made = dicom.enhanced(stored, position=lambda index: (0.0, 0.0, 2.0 * (index % 3)))
    for index, item in enumerate(made.PerFrameFunctionalGroupsSequence):
        item.FrameContentSequence[0].StackID = str(index // 3)
    images, issues = convert_files(dicom.save([made], tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert [image.size for image in images] == [(10, 12, 3), (10, 12, 3)]


def test_dimension_indices_order_the_fourth_axis(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume(slices=12)
    made = _in_time(stored)
    for index, item in enumerate(made.PerFrameFunctionalGroupsSequence):
        del item.FrameContentSequence[0].TemporalPositionIndex
        item.FrameContentSequence[0].DimensionIndexValues = [1, index // 3 + 1, 3 - index % 3]
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.reshape(4, 3, 12, 10).swapaxes(0, 1)[::-1])


def test_acquisition_times_of_frames_order_several_files_and_give_the_step(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume(slices=12).reshape(3, 4, 12, 10)
    files = []
    for time, part in enumerate(stored):
        made = dicom.enhanced(part, modality="MR", rescale=lambda index: (1.0, 0.0))
        made.StudyInstanceUID, made.SeriesInstanceUID = "1.2", "1.2.3"
        made.FrameOfReferenceUID, made.InstanceNumber = "1.2.4", 9 - time
        for item in made.PerFrameFunctionalGroupsSequence:
            moment = f"202003{27 + time // 2}{'2359' if time < 2 else '0000'}"
            seconds = [56, 58, 0][time]
            item.FrameContentSequence[0].FrameAcquisitionDateTime = f"{moment}{seconds:02d}.5+0100"
        files.append(made)
    image = convert_one(dicom.save(files, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored)
    assert image.time_step == 2.0


def test_each_dose_grid_and_each_map_of_a_series_is_an_image(tmp_path: Path) -> None:
    """Beams and quantities lie at the same places and are no moments."""
    files = []
    for seed in range(2):
        stored = dicom.volume(slices=3, seed=seed)
        dose = _dose(stored.astype("<u4"), [0, 5, 10], orientation=[1, 0, 0, 0, 1, 0])
        for series, made in (("1.2.3", dose), ("1.2.4", _parametric(stored))):
            made.StudyInstanceUID, made.SeriesInstanceUID = "1.2", series
            made.FrameOfReferenceUID, made.InstanceNumber = "1.2.5", seed + 1
            files.append(made)
    images, issues = convert_files(dicom.save(files, tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert [image.size for image in images] == [(10, 12, 3)] * 4


def test_several_mappings_of_a_map_are_not_guessed(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    made = _parametric(stored, slope=0.5)
    other = Dataset()
    other.RealWorldValueSlope, other.RealWorldValueIntercept = 3.0, 1.0
    for item in made.PerFrameFunctionalGroupsSequence:
        item.RealWorldValueMappingSequence.append(other)
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored)
    assert "LutNotApplied" in [remark.code for remark in image.warnings]


def test_diffusion_without_a_direction_is_no_fault(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    made = dicom.enhanced(stored, modality="MR", rescale=lambda index: (1.0, 0.0))
    for item in made.PerFrameFunctionalGroupsSequence:
        diffusion = Dataset()
        diffusion.DiffusionBValue, diffusion.DiffusionDirectionality = 1000.0, "ISOTROPIC"
        diffusion.DiffusionGradientDirectionSequence = [Dataset()]
        item.MRDiffusionSequence = [diffusion]
    assert np.array_equal(pixels_of(convert_one(dicom.save([made], tmp_path / "in"))), stored)


def test_a_volume_in_the_axes_of_a_probe_says_so(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    made = dicom.enhanced(stored)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.6.2"
    made.Modality = "US"
    shared = made.SharedFunctionalGroupsSequence[0]
    plane = Dataset()
    plane.ImageOrientationVolume = [1, 0, 0, 0, 1, 0]
    shared.PlaneOrientationVolumeSequence = [plane]
    del shared.PlaneOrientationSequence
    for index, item in enumerate(made.PerFrameFunctionalGroupsSequence):
        place = Dataset()
        place.ImagePositionVolume = [0, 0, 1.5 * index]
        item.PlanePositionVolumeSequence = [place]
        del item.PlanePositionSequence, item.PixelValueTransformationSequence
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored)
    assert image.spacing == (0.5, 0.8, 1.5)
    assert [remark.code for remark in image.warnings] == ["NoOrientation"]


def _parametric(stored: np.ndarray, *, slope: float = 1.0, intercept: float = 0.0) -> Dataset:
    made = dicom.enhanced(dicom.volume(slices=len(stored)), modality="MR")
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.30"
    mapping = Dataset()
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = slope, intercept
    for item in made.PerFrameFunctionalGroupsSequence:
        del item.PixelValueTransformationSequence
        item.RealWorldValueMappingSequence = [mapping]
    if stored.dtype.kind == "f":
        made.BitsAllocated = 8 * stored.dtype.itemsize
        del made.PixelData, made.BitsStored, made.HighBit, made.PixelRepresentation
        name = "FloatPixelData" if stored.dtype.itemsize == 4 else "DoubleFloatPixelData"
        setattr(made, name, stored.tobytes())
    else:
        made.PixelData = stored.tobytes()
    return made


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_a_parametric_map_keeps_its_floats(
    kind: str, convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = np.random.default_rng(3).normal(0, 1e3, (5, 12, 10)).astype(kind)
    image = convert_one(dicom.save([_parametric(stored)], tmp_path / "in"))
    assert image.element_type == kind
    assert np.array_equal(pixels_of(image), stored)
    assert image.spacing == (0.5, 0.8, 2.5)


def test_a_parametric_map_is_in_physical_units(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    made = _parametric(stored, slope=0.001, intercept=0.5)
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.allclose(pixels_of(image), stored * 0.001 + 0.5, rtol=1e-6)


def _dose(stored: np.ndarray, offsets: list[float], *, orientation: list[float]) -> Dataset:
    made = dicom.picture(
        stored[0], sop_class=UID("1.2.840.10008.5.1.4.1.1.481.2"), modality="RTDOSE"
    )
    made.NumberOfFrames = len(stored)
    made.PixelData = stored.tobytes()
    made.ImagePositionPatient, made.ImageOrientationPatient = [1, 2, 30], orientation
    made.PixelSpacing, made.GridFrameOffsetVector = [2, 2], offsets
    made.DoseGridScaling, made.DoseUnits = "0.001", "GY"
    return made


@pytest.mark.parametrize(
    ("offsets", "orientation", "lowest", "flipped"),
    [
        ([0, 5, 10], [1, 0, 0, 0, 1, 0], 30.0, False),
        ([0, -5, -10], [1, 0, 0, 0, 1, 0], 20.0, True),
        ([30, 35, 40], [1, 0, 0, 0, 1, 0], 30.0, False),
        ([30, 35, 40], [-1, 0, 0, 0, 1, 0], 40.0, True),
        ([0, 5, 10], [-1, 0, 0, 0, 1, 0], 30.0, False),
    ],
)
def test_both_forms_of_dose_offsets(
    offsets: list[float], orientation: list[float], lowest: float, flipped: bool,
    convert_one: ConvertOne, tmp_path: Path,
) -> None:  # fmt: skip
    stored = dicom.volume(slices=3).astype("<u4") * 70_000
    made = _dose(stored, offsets, orientation=orientation)
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert (image.origin[2], image.spacing[2]) == (lowest, 5.0)
    assert image.rescale_type == "GY"
    expected = stored[::-1] if flipped else stored
    assert np.allclose(pixels_of(image), expected * 0.001, rtol=1e-6)


@pytest.mark.parametrize(
    ("offsets", "code"),
    [
        ([7, 12, 17], "InvalidHeader"),
        ([0, 5], "InvalidHeader"),
        ([0, 5, 15], "MissingSlices"),
        ([0, 5, 12], "VariableSpacing"),
    ],
)
def test_dose_offsets_that_cannot_be_true_are_named(
    offsets: list[float], code: str, codes: Codes, tmp_path: Path
) -> None:
    stored = dicom.volume(slices=3).astype("<u4")
    made = _dose(stored, offsets, orientation=[1, 0, 0, 0, 1, 0])
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": code}


def test_a_dose_grid_takes_its_planes_and_its_scale_from_the_header(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume(slices=3)
    made = dicom.picture(
        stored[0], sop_class=UID("1.2.840.10008.5.1.4.1.1.481.2"), modality="RTDOSE"
    )
    made.NumberOfFrames = 3
    made.PixelData = stored.astype("<u2").tobytes()
    made.ImagePositionPatient, made.ImageOrientationPatient = [1, 2, 3], [1, 0, 0, 0, 1, 0]
    made.PixelSpacing, made.GridFrameOffsetVector = [2, 2], [0, 5, 10]
    made.DoseGridScaling = "0.5"
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert image.spacing == (2.0, 2.0, 5.0)
    assert np.array_equal(pixels_of(image), stored * np.float32(0.5))


def test_reconstructed_nuclear_slices_are_placed(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume(slices=3)
    made = dicom.picture(stored[0], sop_class=UID("1.2.840.10008.5.1.4.1.1.20"), modality="NM")
    made.ImageType = ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"]
    made.NumberOfFrames, made.SpacingBetweenSlices, made.PixelSpacing = 3, 4, [2, 2]
    made.PixelData = stored.astype("<u2").tobytes()
    made.add_new(0x00540080, "US", [1, 2, 3])
    detector = Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = [1, 2, 3], [1, 0, 0, 0, 1, 0]
    made.DetectorInformationSequence = [detector]
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert (image.spacing, image.origin) == ((2.0, 2.0, 4.0), (1.0, 2.0, 3.0))
    assert np.array_equal(pixels_of(image), stored)


def test_nuclear_projections_are_refused(codes: Codes, tmp_path: Path) -> None:
    stored = dicom.volume(slices=3)
    made = dicom.picture(stored[0], sop_class=UID("1.2.840.10008.5.1.4.1.1.20"), modality="NM")
    made.ImageType = ["ORIGINAL", "PRIMARY", "TOMO", "EMISSION"]
    made.NumberOfFrames = 3
    made.PixelData = stored.astype("<u2").tobytes()
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "NoSliceOrder"}
