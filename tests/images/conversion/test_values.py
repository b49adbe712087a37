"""Stored values to real values: types, rescale, significant bits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from app.images.conversion import ConvertedImage
from tests.images.conversion.conftest import pixels_of
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]


def test_slope_and_intercept_are_those_of_each_slice(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored)
    for index, dataset in enumerate(series):
        dataset.RescaleSlope, dataset.RescaleIntercept = 1 + index, -10 * index
    image = convert_one(dicom.save(series, tmp_path / "in"))
    expected = [plane.astype(int) * (1 + i) - 10 * i for i, plane in enumerate(stored)]
    assert np.array_equal(pixels_of(image), expected)
    assert image.element_type == "int16"


def test_a_fractional_slope_gives_floats(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored)
    for dataset in series:
        dataset.RescaleSlope = "0.125"
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert image.element_type == "float32"
    assert np.array_equal(pixels_of(image), stored * np.float32(0.125) - 1024)


@pytest.mark.parametrize(
    ("highest", "expected"), [(3000, "int16"), (33000, "int16"), (40000, "int32")]
)
def test_sixteen_bit_ct_stays_small_when_its_values_do(
    highest: int, expected: str, convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume().astype(np.uint16)
    stored[1, 2, 3] = highest
    series = dicom.classic(stored)
    for dataset in series:
        dataset.BitsStored, dataset.HighBit = 16, 15
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert image.element_type == expected
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)


def test_overlay_bits_are_left_out_and_said(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored)
    dirty = stored[2] | np.uint16(0x4000)
    series[2].PixelData = dirty.astype("<u2").tobytes()
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)
    assert [remark.code for remark in image.warnings] == ["IgnoredBits"]


def test_values_in_high_bits_are_brought_down(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored)
    for plane, dataset in zip(stored, series, strict=True):
        dataset.HighBit = 15
        dataset.PixelData = (plane << 4).astype("<u2").tobytes()
    assert np.array_equal(
        pixels_of(convert_one(dicom.save(series, tmp_path / "in"))), stored.astype(int) - 1024
    )


def test_twelve_bit_signed_values_keep_their_sign(convert_one: ConvertOne, tmp_path: Path) -> None:
    signed = (dicom.volume().astype(np.int16) - 2048).astype(np.int16)
    series = dicom.classic(signed, modality="MR")
    for plane, dataset in zip(signed, series, strict=True):
        dataset.BitsStored, dataset.HighBit = 12, 11
        dataset.PixelData = (plane.view(np.uint16) & np.uint16(0x0FFF)).astype("<u2").tobytes()
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), signed)


def test_a_few_bytes_too_many_are_left_out_and_said(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored)
    series[1].PixelData += b"four"
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)
    assert [remark.code for remark in image.warnings] == ["TrailingData"]


def test_a_modality_table_is_said_not_to_be_applied(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    made = dicom.picture(dicom.volume()[0], modality="CR")
    made.PixelSpacing = [1, 1]
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType, table.LUTData = [1, 0, 16], "US", b"\0\0"
    made.ModalityLUTSequence = [table]
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert [remark.code for remark in image.warnings] == ["LutNotApplied"]


def test_pet_slices_have_their_own_slopes(convert_one: ConvertOne, tmp_path: Path) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored, modality="PT")
    slopes = [0.25, 1.75, 0.333, 2.0, 7.125]
    for dataset, slope in zip(series, slopes, strict=True):
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = (
            "1.2.840.10008.5.1.4.1.1.128"
        )
        dataset.RescaleSlope, dataset.RescaleIntercept = str(slope), "0"
        dataset.Units = "BQML"
    image = convert_one(dicom.save(series, tmp_path / "in"))
    expected = np.stack([plane * slope for plane, slope in zip(stored, slopes, strict=True)])
    assert image.element_type == "float32"
    assert np.allclose(pixels_of(image), expected, rtol=1e-6)
    assert image.rescale_type == "BQML"


@pytest.mark.parametrize(("value", "expected"), [(0, b"-1024.0"), (4095, b"3071.0")])
def test_padding_keeps_its_value_and_is_recorded(
    value: int, expected: bytes, convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume()
    series = dicom.classic(stored)
    for dataset in series:
        dataset.add_new(0x00280120, "US", value)
    image = convert_one(dicom.save(series, tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored.astype(int) - 1024)
    header = image.path.read_bytes().split(b"LOCAL")[0]
    assert b"PixelPaddingValue = " + expected + b"\n" in header


def test_single_bits_of_no_segmentation_are_unpacked(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    mask = np.random.default_rng(1).random((7, 5)) > 0.5
    made = dicom.picture(mask.astype(np.uint8))
    made.BitsAllocated = made.BitsStored = 1
    made.HighBit = 0
    made.PixelData = np.packbits(mask.reshape(-1), bitorder="little").tobytes() + b"\0"
    assert np.array_equal(pixels_of(convert_one(dicom.save([made], tmp_path / "in"))), mask)


def test_a_slope_of_zero_is_named(codes: Codes, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(slices=2))
    for dataset in series:
        dataset.RescaleSlope = 0
    assert set(codes(dicom.save(series, tmp_path / "in")).values()) == {"InvalidRescale"}


def test_the_header_of_the_image_holds_the_window_and_no_patient(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    series = dicom.classic(dicom.volume())
    for dataset in series:
        dataset.WindowCenter, dataset.WindowWidth = [40, 300], [400, 1500]
        dataset.SeriesDescription = "Sentinel description"
        dataset.InstitutionName = "Sentinel hospital"
    image = convert_one(dicom.save(series, tmp_path / "in"))
    header = image.path.read_bytes().split(b"LOCAL")[0]
    assert b"WindowCenter = 40.0" in header
    assert b"WindowWidth = 400.0" in header
    assert b"Modality = MET_MOD_CT" in header
    assert b"entinel" not in header
    assert "entinel" not in image.name
    assert (image.window_center, image.window_width) == (40.0, 400.0)


@pytest.mark.parametrize("slope", ["nan", "inf"])
def test_a_slope_that_is_no_number_is_not_taken_for_one(
    slope: str, codes: Codes, tmp_path: Path
) -> None:
    made = dicom.enhanced(dicom.volume())
    for item in (*made.PerFrameFunctionalGroupsSequence, made.SharedFunctionalGroupsSequence[0]):
        for values in item.get("PixelValueTransformationSequence", ()):
            values.RescaleSlope = slope
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "InvalidRescale"}


def test_a_window_without_end_is_left_out(convert_one: ConvertOne, tmp_path: Path) -> None:
    made, window = dicom.enhanced(dicom.volume()), Dataset()
    window.WindowCenter, window.WindowWidth = "40", "inf"
    made.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence = [window]
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert (image.window_center, image.window_width) == (None, None)
