"""Pictures that hold the slices of a volume as tiles: Siemens mosaics and United Imaging grids."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import MRImageStorage

from app.images.conversion import ConvertedImage
from tests.images.conversion.conftest import pixels_of
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]
SLICES = 5


def _tiled(stored: np.ndarray) -> np.ndarray:
    rows, columns = stored.shape[1:]
    picture = np.zeros((3 * rows, 3 * columns), np.uint16)
    for index, plane in enumerate(stored):
        top, left = index // 3 * rows, index % 3 * columns
        picture[top : top + rows, left : left + columns] = plane
    return picture


def _picture(stored: np.ndarray, kind: str) -> Dataset:
    made = dicom.picture(_tiled(stored), sop_class=MRImageStorage, modality="MR")
    made.ImageType = ["ORIGINAL", "PRIMARY", "M", kind]
    made.ImageOrientationPatient = list(dicom.AXIAL)
    made.PixelSpacing, made.SpacingBetweenSlices = list(dicom.SPACING), dicom.GAP
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2", "1.2.3"
    made.FrameOfReferenceUID = "1.2.4"
    return made


def _grid(stored: np.ndarray, *, time: int = 0) -> Dataset:
    made = _picture(stored, "VFRAME")
    made.AcquisitionNumber, made.InstanceNumber = time + 1, time + 1
    made.ImagePositionPatient = [9.0, 9.0, 9.0]
    block = made.private_block(0x0065, "Image Private Header", create=True)
    block.add_new(0x50, "DS", str(len(stored)))
    items = []
    for index in range(len(stored)):
        item = Dataset()
        item.ImagePositionPatient = [*dicom.ORIGIN[:2], dicom.ORIGIN[2] + dicom.GAP * index]
        items.append(item)
    block.add_new(0x51, "SQ", Sequence(items))
    return made


def test_a_grid_is_unpacked_where_its_positions_say(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume(slices=SLICES)
    image = convert_one(dicom.save([_grid(stored)], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored)
    assert (image.spacing, image.origin) == ((0.5, 0.8, dicom.GAP), dicom.ORIGIN)


def test_grids_of_a_series_are_time_points(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume(slices=3 * SLICES).reshape(3, SLICES, 12, 10)
    made = [_grid(part, time=time) for time, part in enumerate(stored)]
    image = convert_one(dicom.save(made[::-1], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored)


def _no_header(made: Dataset) -> None:
    del made[0x00651051]


def _too_few(made: Dataset) -> None:
    made[0x00651051].value.pop()


def _no_position(made: Dataset) -> None:
    del made[0x00651051].value[1].ImagePositionPatient


def _uneven(made: Dataset) -> None:
    made.Rows -= 1
    made.PixelData = made.PixelData[: made.Rows * made.Columns * 2]


@pytest.mark.parametrize("damage", [_no_header, _too_few, _no_position, _uneven])
def test_a_grid_whose_tiles_cannot_be_placed_is_refused(
    damage: Callable[[Dataset], None], codes: Codes, tmp_path: Path
) -> None:
    made = _grid(dicom.volume(slices=SLICES))
    damage(made)
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedMosaic"}


def test_tiles_that_lie_on_no_line_are_no_volume(codes: Codes, tmp_path: Path) -> None:
    made = _grid(dicom.volume(slices=SLICES))
    made[0x00651051].value[2].ImagePositionPatient = [5.0, 0.0, dicom.ORIGIN[2] + 2 * dicom.GAP]
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "NotAVolume"}


def _csa(**values: list[str]) -> bytes:
    """Return a Siemens header that holds these texts."""
    raw = b"SV10\4\3\2\1" + struct.pack("<II", len(values), 77)
    for name, texts in values.items():
        raw += struct.pack("<64si4siii", name.encode(), 1, b"FD", 0, len(texts), 77)
        for text in texts:
            data = text.encode() + b"\0"
            raw += struct.pack("<4i", len(data), len(data), 77, len(data))
            raw += data + b"\0" * (-len(data) % 4)
    return raw + b"\0" * (len(raw) % 2)


def _mosaic(stored: np.ndarray, *, normal: float = 1.0) -> Dataset:
    made = _picture(stored, "MOSAIC")
    right, down = 10 * dicom.SPACING[1], 12 * dicom.SPACING[0]
    made.ImagePositionPatient = [dicom.ORIGIN[0] - right, dicom.ORIGIN[1] - down, dicom.ORIGIN[2]]
    block = made.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    direction = ["0.0", "0.0", str(normal)]
    header = _csa(NumberOfImagesInMosaic=[str(len(stored))], SliceNormalVector=direction)
    block.add_new(0x10, "OB", header)
    return made


@pytest.mark.parametrize("normal", [1.0, -1.0])
def test_a_mosaic_is_unpacked_along_its_stated_normal(
    normal: float, convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume(slices=SLICES)
    image = convert_one(dicom.save([_mosaic(stored, normal=normal)], tmp_path / "in"))
    lowest = dicom.ORIGIN[2] + (0 if normal > 0 else -dicom.GAP * (SLICES - 1))
    assert image.origin == pytest.approx((*dicom.ORIGIN[:2], lowest))
    assert np.array_equal(pixels_of(image), stored if normal > 0 else stored[::-1])


def test_a_mosaic_without_its_header_is_refused(codes: Codes, tmp_path: Path) -> None:
    made = _mosaic(dicom.volume(slices=SLICES))
    del made[0x00291010]
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedMosaic"}
