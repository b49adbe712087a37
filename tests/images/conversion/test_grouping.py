"""What belongs together: one image per key, several files of one object, nothing merged."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from app.images.conversion import ConvertedImage, scan
from tests.images.conversion.conftest import convert_files, pixels_of
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]
Change = Callable[[Dataset], None]


def _set(**attributes: object) -> Change:
    def change(dataset: Dataset) -> None:
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)

    return change


def _signed(dataset: Dataset) -> None:
    dataset.PixelRepresentation = 1


def _eight_bits(dataset: Dataset) -> None:
    stored = np.frombuffer(dataset.PixelData, "<u2").astype(np.uint8)
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelData = stored.tobytes()
    dataset["PixelData"].VR = "OB"


def _smaller(dataset: Dataset) -> None:
    dataset.Rows, dataset.Columns = dataset.Columns, dataset.Rows


def _color(dataset: Dataset) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
    dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelData = 7, bytes(dataset.Rows * dataset.Columns * 3)
    dataset["PixelData"].VR = "OB"


KEYS: dict[str, Change] = {
    "study": _set(StudyInstanceUID="1.2.9"),
    "series": _set(SeriesInstanceUID="1.2.9"),
    "SOP class": _set(SOPClassUID="1.2.840.10008.5.1.4.1.1.128"),
    "frame of reference": _set(FrameOfReferenceUID="1.2.9"),
    "rows and columns": _smaller,
    "samples per pixel": _color,
    "bits allocated": _eight_bits,
    "sign": _signed,
    "photometric interpretation": _set(PhotometricInterpretation="MONOCHROME1"),
    "orientation": _set(ImageOrientationPatient=[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]),
    "pixel spacing": _set(PixelSpacing=[0.9, 0.5]),
    "echo time": _set(EchoTime=55),
    "magnitude or phase": _set(ImageType=["ORIGINAL", "PRIMARY", "P"]),
}


@pytest.mark.parametrize("key", sorted(KEYS))
def test_what_differs_is_split(key: str, tmp_path: Path) -> None:
    """Two stacks at the same positions: merged they would pass for one over time."""
    series = dicom.classic(dicom.volume(slices=3), modality="MR")
    other = copy.deepcopy(series)
    for dataset in other:
        dataset.SOPInstanceUID = generate_uid()
        dataset.InstanceNumber += 3
        KEYS[key](dataset)
    images, issues = convert_files(dicom.save([*series, *other], tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert [image.size[2] for image in images] == [3, 3]
    assert [len(image.size) for image in images] == [3, 3]


def test_without_any_difference_they_are_one_over_time(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    """The counterpart that shows the test above can fail."""
    stored = dicom.volume(slices=6)
    series = dicom.classic(stored, modality="MR")
    for index, dataset in enumerate(series):
        dataset.ImagePositionPatient = [0, 0, 2.5 * (index % 3)]
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert image.size == (10, 12, 3, 2)


def test_rounding_of_orientation_and_spacing_does_not_split(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored)
    series[2].ImageOrientationPatient = [1, 0.00002, 0, -0.00002, 1, 0]
    series[3].PixelSpacing = [0.80001, 0.49999]
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)


def test_bits_stored_may_differ_from_slice_to_slice(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored)
    series[1].BitsStored, series[1].HighBit = 16, 15
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)


def _parts(stored: np.ndarray, *, total: int | None = None) -> list[Dataset]:
    """Return one enhanced object cut into two files (a concatenation)."""
    made = []
    half = len(stored) // 2
    for part in (0, 1):
        start = part * half
        piece = dicom.enhanced(
            stored[start : start + half],
            position=lambda index, start=start: (0.0, 0.0, 2.5 * (start + index)),
        )
        piece.StudyInstanceUID, piece.SeriesInstanceUID = "1.2", "1.2.3"
        piece.FrameOfReferenceUID, piece.ConcatenationUID = "1.2.4", "1.2.5"
        piece.InConcatenationNumber = part + 1
        if total is not None:
            piece.InConcatenationTotalNumber = total
        made.append(piece)
    return made


def test_parts_of_a_concatenation_are_joined(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume(slices=6)
    image = convert_one(dicom.save(_parts(stored, total=2)[::-1], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)
    assert len(image.sources) == 2


def test_a_lost_last_part_is_named_although_the_grid_looks_whole(
    codes: Codes, tmp_path: Path
) -> None:
    made = _parts(dicom.volume(slices=6), total=3)
    assert set(codes(dicom.save(made, tmp_path / "in")).values()) == {"MissingSlices"}


def test_a_lost_first_part_is_named(tmp_path: Path) -> None:
    made = _parts(dicom.volume(slices=6))[1:]
    (issue,) = scan(dicom.save(made, tmp_path / "in")).skipped
    assert issue.code == "MissingSlices"
    assert "1 of the 2 files" in issue.message


def test_a_loop_in_two_files_is_one_loop(convert_one: ConvertOne, tmp_path: Path) -> None:
    frames = np.random.default_rng(2).integers(0, 255, (6, 8, 10, 3)).astype(np.uint8)
    made = []
    for part in (0, 1):
        piece = dicom.cine(frames[3 * part : 3 * part + 3])
        piece.StudyInstanceUID, piece.SeriesInstanceUID = "1.2", "1.2.3"
        piece.ConcatenationUID, piece.InConcatenationNumber = "1.2.5", part + 1
        made.append(piece)
    image = convert_one(dicom.save(made[::-1], tmp_path / "in"))
    assert image.size == (10, 8, 1, 6)
    assert np.array_equal(pixels_of(image)[:, 0], frames)


def test_a_segmentation_in_two_files_is_one_labelmap(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    masks = np.random.default_rng(2).random((4, 7, 5)) > 0.5
    made = []
    for part in (0, 1):
        planes = [2 * part, 2 * part + 1]
        piece = dicom.segmentation(masks[planes], segments=[1, 1], planes=planes)
        piece.StudyInstanceUID, piece.SeriesInstanceUID = "1.2", "1.2.3"
        piece.FrameOfReferenceUID, piece.ConcatenationUID = "1.2.4", "1.2.5"
        piece.InConcatenationNumber = part + 1
        made.append(piece)
    assert np.array_equal(pixels_of(convert_one(dicom.save(made, tmp_path / "in"))), masks)


def test_the_same_identifier_for_different_images_loses_none(tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(slices=3))
    for dataset in series:
        dataset.SOPInstanceUID = "1.2.3"
    images, issues = convert_files(dicom.save(series, tmp_path / "in"), tmp_path / "out")
    assert issues == {}
    assert [image.size for image in images] == [(10, 12, 3)]
