"""Enhanced multi-frame objects: functional groups, time, several files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from app.images.conversion import ConvertedImage
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


def test_a_dose_grid_takes_its_planes_and_its_scale_from_the_header(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume(slices=3)
    made = dicom.picture(stored[0], sop_class="1.2.840.10008.5.1.4.1.1.481.2", modality="RTDOSE")
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
    made = dicom.picture(stored[0], sop_class="1.2.840.10008.5.1.4.1.1.20", modality="NM")
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
    made = dicom.picture(stored[0], sop_class="1.2.840.10008.5.1.4.1.1.20", modality="NM")
    made.ImageType = ["ORIGINAL", "PRIMARY", "TOMO", "EMISSION"]
    made.NumberOfFrames = 3
    made.PixelData = stored.astype("<u2").tobytes()
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "NoSliceOrder"}
