"""Who has to look at pixels, and blackening what they find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from app.images.deidentify import (
    RISKS,
    DeidentificationError,
    Profile,
    burned_in_risk,
    deidentify,
    deidentify_file,
    mask,
)
from tests.images.deidentify.conftest import SECRET

Array = np.ndarray[Any, np.dtype[Any]]
BOXES = [(1, 2, 3, 2), (6, 0, 50, 1), (-2, 6, 3, 9)]


def _covered(rows: int = 8, columns: int = 9) -> Array:
    found = np.zeros((rows, columns), dtype=bool)
    for left, top, width, height in BOXES:
        found[top : top + height, max(left, 0) : left + width] = True
    return found


def _image(pixels: Array, *, photometric: str, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    frames = pixels if pixels.ndim > 3 or photometric[0] in "MP" else pixels[None]
    frames = frames if frames.ndim >= 3 else frames[None]
    dataset.Rows, dataset.Columns = frames.shape[1:3]
    dataset.NumberOfFrames = frames.shape[0]
    dataset.SamplesPerPixel = 3 if frames.ndim == 4 else 1
    dataset.PhotometricInterpretation = photometric
    if frames.ndim == 4:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.dtype.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = 1 if pixels.dtype.kind == "i" else 0
    data = frames.tobytes()
    dataset.PixelData = data + bytes(len(data) % 2)
    dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    return dataset


def _random(shape: tuple[int, ...], dtype: str) -> Array:
    info = np.iinfo(dtype)
    return np.random.default_rng(5).integers(info.min + 1, info.max, shape, dtype=dtype)


def _written(dataset: Dataset, folder: Path) -> Dataset:
    dataset.save_as(folder / "masked.dcm", enforce_file_format=True)
    return pydicom.dcmread(folder / "masked.dcm")


@pytest.mark.parametrize(
    ("dtype", "photometric", "black"),
    [
        ("uint8", "MONOCHROME2", 0),
        ("uint16", "MONOCHROME2", 0),
        ("int16", "MONOCHROME2", -32768),
        ("uint16", "MONOCHROME1", 65535),
        ("int16", "MONOCHROME1", 32767),
    ],
)
def test_rectangles_are_black_in_every_frame_and_nothing_else_changes(
    dtype: str, photometric: str, black: int, tmp_path: Path
) -> None:
    pixels = _random((3, 8, 9), dtype)
    dataset = _image(pixels, photometric=photometric)
    mask(dataset, BOXES)
    expected = np.where(_covered(), np.array(black, dtype), pixels)
    assert np.array_equal(_written(dataset, tmp_path).pixel_array, expected)


@pytest.mark.parametrize("planar", [0, 1])
def test_color_pictures(planar: int, tmp_path: Path) -> None:
    pixels = _random((2, 8, 9, 3), "uint8")
    dataset = _image(pixels, photometric="RGB")
    dataset.PlanarConfiguration = planar
    if planar:
        dataset.PixelData = np.moveaxis(pixels, -1, 1).tobytes()
    mask(dataset, BOXES)
    expected = np.where(_covered()[..., None], 0, pixels)
    assert np.array_equal(_written(dataset, tmp_path).pixel_array, expected)


def test_colors_that_neighbors_share_are_spread(tmp_path: Path) -> None:
    dataset = _image(_random((8, 8), "uint8"), photometric="MONOCHROME2")
    dataset.PhotometricInterpretation, dataset.SamplesPerPixel = "YBR_FULL_422", 3
    dataset.PlanarConfiguration = 0
    dataset.PixelData = _random((128,), "uint8").tobytes()
    before = dataset.PixelData
    mask(dataset, [(2, 1, 2, 1)])
    assert dataset.PhotometricInterpretation == "YBR_FULL"
    found = np.frombuffer(dataset.PixelData, np.uint8).reshape(8, 8, 3)
    assert found[1, 2].tolist() == found[1, 3].tolist() == [0, 128, 128]
    assert found[0, :2].ravel().tolist() == [before[i] for i in (0, 2, 3, 1, 2, 3)]


def test_a_palette_is_searched_for_black(tmp_path: Path) -> None:
    pixels = _random((8, 9), "uint8")
    dataset = _image(pixels, photometric="PALETTE COLOR")
    table = np.full(256, 60000, dtype="<u2")
    table[77] = 3
    for color in ("Red", "Green", "Blue"):
        setattr(dataset, f"{color}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{color}PaletteColorLookupTableData", table.tobytes())
    mask(dataset, BOXES)
    found = _written(dataset, tmp_path).pixel_array
    assert np.array_equal(found, np.where(_covered(), 77, pixels))


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_pixels_are_stored_uncompressed(syntax: str, tmp_path: Path) -> None:
    pixels = _random((64, 72), "uint16") & 0xFFF
    dataset = _image(pixels, photometric="MONOCHROME2")
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.compress(syntax, generate_instance_uid=False)
    assert dataset["PixelData"].is_undefined_length
    mask(dataset, BOXES)
    written = _written(dataset, tmp_path)
    assert written.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert written.SOPInstanceUID == "1.2.3.4"
    assert np.array_equal(written.pixel_array, np.where(_covered(64, 72), 0, pixels))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_other_encodings_are_written_anew(syntax: str, tmp_path: Path) -> None:
    pixels = _random((8, 9), "uint16")
    dataset = _image(pixels, photometric="MONOCHROME2", syntax=syntax)
    dataset.SmallestImagePixelValue = 258
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = pixels.byteswap().tobytes()
    dataset.save_as(tmp_path / "source.dcm", enforce_file_format=True)
    read = pydicom.dcmread(tmp_path / "source.dcm")
    mask(read, BOXES)
    written = _written(read, tmp_path)
    assert written.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert written.SmallestImagePixelValue == 258
    assert np.array_equal(written.pixel_array, np.where(_covered(), 0, pixels))


def test_the_object_says_so_once_and_de_identification_keeps_it() -> None:
    dataset = _image(_random((8, 9), "uint8"), photometric="MONOCHROME2")
    dataset.BurnedInAnnotation = "YES"
    mask(dataset, BOXES)
    mask(dataset, BOXES)
    assert dataset.BurnedInAnnotation == "NO"
    assert [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence] == ["113101"]
    deidentify(dataset, profile=Profile(), secret=SECRET)
    codes = [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101"]


@pytest.mark.parametrize("box", [(9, 0, 2, 2), (0, 8, 1, 1), (2, 2, 0, 5), (-5, 0, 5, 5)])
def test_a_rectangle_outside_is_named(box: tuple[int, int, int, int]) -> None:
    dataset = _image(_random((8, 9), "uint8"), photometric="MONOCHROME2")
    with pytest.raises(DeidentificationError) as caught:
        mask(dataset, [box])
    assert caught.value.code == "OutsideImage"


def test_damaged_and_missing_pixels_are_named() -> None:
    dataset = _image(_random((8, 9), "uint8"), photometric="MONOCHROME2", syntax=RLELossless)
    dataset.PixelData = encapsulate([b"no RLE at all" * 9])
    dataset["PixelData"].is_undefined_length = True
    with pytest.raises(DeidentificationError) as caught:
        mask(dataset, BOXES)
    assert caught.value.code == "DecodeFailed"
    del dataset.PixelData
    with pytest.raises(DeidentificationError) as caught:
        mask(dataset, BOXES)
    assert caught.value.code == "NoPixels"


@pytest.mark.parametrize(
    ("values", "risk"),
    [
        ({}, ""),
        ({"BurnedInAnnotation": "NO"}, ""),
        ({"BurnedInAnnotation": "yes "}, "BurnedInAnnotation"),
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "SecondaryCapture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.4"}, "SecondaryCapture"),
        ({"ConversionType": "WSD"}, "SecondaryCapture"),
        ({"ConversionType": "SD"}, "SecondaryCapture"),
        ({"ConversionType": "SI"}, "SecondaryCapture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1"}, "Ultrasound"),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, "Ultrasound"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "ScreenSave"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.6"}, ""),
        ({"SpecimenLabelInImage": "YES"}, "BurnedInAnnotation"),
    ],
)
def test_risks(values: dict[str, Any], risk: str) -> None:
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    assert burned_in_risk(dataset) == risk
    assert not risk or RISKS[risk]
    deidentify(dataset, profile=Profile(), secret=SECRET)
    assert burned_in_risk(dataset) == risk


def test_drawings_in_unused_bits_are_cleared(tmp_path: Path) -> None:
    pixels = _random((8, 9), "uint16") & 0x0FFF
    dataset = _image(pixels | 0x8000, photometric="MONOCHROME2")
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.add_new(0x60000010, "US", 8)
    dataset.add_new(0x60000102, "US", 15)
    dataset.save_as(tmp_path / "source.dcm", enforce_file_format=True)
    deidentify_file(
        tmp_path / "source.dcm", tmp_path / "clean.dcm", profile=Profile(), secret=SECRET
    )
    found = np.frombuffer(pydicom.dcmread(tmp_path / "clean.dcm").PixelData, dtype="<u2")
    assert np.array_equal(found, pixels.ravel())
