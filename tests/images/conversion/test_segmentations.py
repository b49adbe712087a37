"""DICOM SEG becomes a labelmap, or one volume per segment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from app.images.conversion import ConvertedImage
from tests.images.conversion.conftest import pixels_of
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]


def _masks() -> np.ndarray:
    """Three frames of 7 x 5: an odd number of bits, so frames do not start at bytes."""
    masks = np.zeros((3, 7, 5), dtype=bool)
    masks[0, 1:3, 1:3] = masks[1, 4:6, 0:2] = masks[2, 2:4, 3:5] = True
    return masks


def test_segments_become_labels_and_empty_planes_background(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    masks = _masks()
    made = dicom.segmentation(masks, segments=[1, 2, 2], planes=[0, 1, 4])
    image = convert_one(dicom.save([made], tmp_path / "in"))
    expected = np.zeros((5, 7, 5), np.uint8)
    expected[0], expected[1], expected[4] = masks[0], masks[1] * 2, masks[2] * 2
    assert np.array_equal(pixels_of(image), expected)
    assert image.spacing == (0.5, 0.8, 2.5)
    assert image.origin == dicom.ORIGIN


def test_overlapping_segments_become_volumes_of_a_fourth_axis(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    masks = _masks()
    masks[1] = masks[0]
    made = dicom.segmentation(masks, segments=[2, 5, 5], planes=[0, 0, 1])
    image = convert_one(dicom.save([made], tmp_path / "in"))
    expected = np.zeros((2, 2, 7, 5), np.uint8)
    expected[0, 0], expected[1, 0], expected[1, 1] = masks[0], masks[1], masks[2]
    assert np.array_equal(pixels_of(image), expected)
    assert [remark.code for remark in image.warnings] == ["SegmentsSeparate"]
    assert "2, 5" in image.warnings[0].message
    header = image.path.read_bytes().split(b"LOCAL")[0]
    assert b"FourthAxis = SEGMENT\n" in header
    assert b"SegmentNumbers = 2 5\n" in header
    assert image.time_step is None


def _fractional(segments: list[int], planes: list[int]) -> tuple[Dataset, np.ndarray]:
    stored = np.arange(3 * 35, dtype=np.uint8).reshape(3, 7, 5) * 2
    made = dicom.segmentation(_masks(), segments=segments, planes=planes)
    made.SegmentationType, made.SegmentationFractionalType = "FRACTIONAL", "PROBABILITY"
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.MaximumFractionalValue = 7, 210
    made.PixelData = stored.tobytes() + b"\0"
    return made, stored


def test_a_fractional_segment_becomes_its_fractions(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    made, stored = _fractional([1, 1, 1], [0, 1, 2])
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert image.element_type == "float32"
    assert np.array_equal(pixels_of(image), (stored / 210).astype(np.float32))
    assert image.warnings == ()


def test_fractional_segments_become_volumes_of_a_fourth_axis(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    made, stored = _fractional([1, 2, 2], [0, 0, 1])
    image = convert_one(dicom.save([made], tmp_path / "in"))
    expected = np.zeros((2, 2, 7, 5), np.float32)
    expected[0, 0], expected[1] = stored[0] / 210, stored[1:] / 210
    assert np.array_equal(pixels_of(image), expected)
    assert [remark.code for remark in image.warnings] == ["SegmentsSeparate"]


def test_fractions_of_an_unknown_whole_are_named(codes: Codes, tmp_path: Path) -> None:
    made, _ = _fractional([1, 1, 1], [0, 1, 2])
    del made.MaximumFractionalValue
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "InvalidHeader"}


def test_a_labelmap_keeps_its_numbers_whatever_its_palette(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = np.arange(2 * 35, dtype=np.uint8).reshape(2, 7, 5)
    made = dicom.segmentation(_masks()[:2], segments=[1, 1], planes=[0, 2])
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.7"
    made.SegmentationType, made.PhotometricInterpretation = "LABELMAP", "PALETTE COLOR"
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelData = 7, stored.tobytes()
    for item in made.PerFrameFunctionalGroupsSequence:
        del item.SegmentIdentificationSequence
    measures = made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SpacingBetweenSlices = dicom.GAP
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), [stored[0], np.zeros((7, 5)), stored[1]])
    assert (image.color_space, image.element_type) == ("GRAY", "uint8")


def test_labels_of_more_than_16_bits_are_refused(codes: Codes, tmp_path: Path) -> None:
    made = dicom.segmentation(_masks()[:2], segments=[1, 1], planes=[0, 1])
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.7"
    made.SegmentationType = "LABELMAP"
    made.BitsAllocated = made.BitsStored = 32
    made.HighBit, made.PixelData = 31, np.full(70, 65537, dtype="<u4").tobytes()
    for item in made.PerFrameFunctionalGroupsSequence:
        del item.SegmentIdentificationSequence
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedSegmentation"}


def test_the_stated_distance_of_planes_holds_where_every_second_is_empty(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    made = dicom.segmentation(_masks(), segments=[1, 1, 1], planes=[0, 2, 4])
    measures = made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SpacingBetweenSlices = dicom.GAP
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert (image.size, image.spacing[2]) == ((5, 7, 5), dicom.GAP)


def test_two_states_of_a_segment_at_one_place_are_refused(codes: Codes, tmp_path: Path) -> None:
    made = dicom.segmentation(_masks(), segments=[1, 1, 1], planes=[0, 0, 1])
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedSegmentation"}


def test_an_unknown_type_is_refused(codes: Codes, tmp_path: Path) -> None:
    made = dicom.segmentation(_masks(), segments=[1, 1, 1], planes=[0, 1, 2])
    made.SegmentationType = "SURFACE"
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedSegmentation"}


def test_frames_between_the_planes_are_refused(codes: Codes, tmp_path: Path) -> None:
    made = dicom.segmentation(_masks(), segments=[1, 1, 1], planes=[0, 1, 2])
    place = made.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence[0]
    place.ImagePositionPatient = [*dicom.ORIGIN[:2], dicom.ORIGIN[2] + 1.4 * dicom.GAP]
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "VariableSpacing"}


def test_a_frame_without_segment_is_named(codes: Codes, tmp_path: Path) -> None:
    made = dicom.segmentation(_masks(), segments=[1, 1, 1], planes=[0, 1, 2])
    del made.PerFrameFunctionalGroupsSequence[1].SegmentIdentificationSequence
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "MissingFunctionalGroup"}
