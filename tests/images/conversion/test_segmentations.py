"""DICOM SEG becomes a labelmap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

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


def test_overlapping_segments_are_refused(codes: Codes, tmp_path: Path) -> None:
    masks = _masks()
    masks[1] = masks[0]
    made = dicom.segmentation(masks, segments=[1, 2, 2], planes=[0, 0, 1])
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedSegmentation"}


def test_fractional_segments_are_refused(codes: Codes, tmp_path: Path) -> None:
    made = dicom.segmentation(_masks(), segments=[1, 1, 1], planes=[0, 1, 2])
    made.SegmentationType = "FRACTIONAL"
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedSegmentation"}


def test_a_frame_without_segment_is_named(codes: Codes, tmp_path: Path) -> None:
    made = dicom.segmentation(_masks(), segments=[1, 1, 1], planes=[0, 1, 2])
    del made.PerFrameFunctionalGroupsSequence[1].SegmentIdentificationSequence
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "MissingFunctionalGroup"}
