"""Color models and palettes become RGB, 8 or 16 bit, whatever their encoding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import JPEG2000, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from app.images.conversion import ConvertedImage
from tests.images.conversion.conftest import pixels_of
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]


def _colors(rows: int = 32, columns: int = 48) -> np.ndarray:
    """A smooth picture, so that lossy encodings stay near."""
    y, x = np.mgrid[0:rows, 0:columns]
    return np.stack([x * 5, y * 7, 255 - x * 2 - y * 3], axis=-1).astype(np.uint8)


def _encapsulated(made: Dataset, data: bytes, syntax: str, photometric: str) -> Dataset:
    made.PixelData = encapsulate([data])
    made["PixelData"].is_undefined_length = True
    made.file_meta.TransferSyntaxUID = syntax
    made.PhotometricInterpretation = photometric
    return made


def _planes(made: Dataset) -> Dataset:
    made.PlanarConfiguration = 1
    made.PixelData = np.ascontiguousarray(_colors().transpose(2, 0, 1)).tobytes()
    return made


def _rle(made: Dataset) -> Dataset:
    made.compress(RLELossless, generate_instance_uid=False)
    return made


def _ybr_full(made: Dataset) -> Dataset:
    made.PhotometricInterpretation = "YBR_FULL"
    made.PixelData = convert_color_space(_colors(), "RGB", "YBR_FULL").tobytes()
    return made


def _ybr_422(made: Dataset) -> Dataset:
    ybr = convert_color_space(_colors(), "RGB", "YBR_FULL")
    packed = np.empty((*ybr.shape[:2], 2), np.uint8)
    packed[..., 0] = ybr[..., 0]
    packed[:, ::2, 1], packed[:, 1::2, 1] = ybr[:, ::2, 1], ybr[:, ::2, 2]
    half = packed.reshape(ybr.shape[0], -1, 4)[..., [0, 2, 1, 3]]
    made.PhotometricInterpretation, made.PixelData = "YBR_FULL_422", half.tobytes()
    return made


def _jpeg(made: Dataset) -> Dataset:
    data = imagecodecs.jpeg_encode(_colors(), level=98)
    return _encapsulated(made, data, JPEGBaseline8Bit, "YBR_FULL_422")


def _rct(made: Dataset) -> Dataset:
    data = imagecodecs.jpeg2k_encode(_colors(), codecformat="j2k", reversible=True, level=0)
    return _encapsulated(made, data, JPEG2000Lossless, "YBR_RCT")


def _ict(made: Dataset) -> Dataset:
    data = imagecodecs.jpeg2k_encode(_colors(), codecformat="j2k", reversible=False, level=60)
    return _encapsulated(made, data, JPEG2000, "YBR_ICT")


def _jpegls(made: Dataset) -> Dataset:
    return _encapsulated(made, imagecodecs.jpegls_encode(_colors()), JPEGLSLossless, "RGB")


def _as_is(made: Dataset) -> Dataset:
    return made


@pytest.mark.parametrize(
    ("encode", "tolerance"),
    [(_as_is, 0), (_planes, 0), (_rle, 0), (_ybr_full, 3), (_ybr_422, 8), (_jpeg, 10), (_rct, 0),
     (_ict, 6), (_jpegls, 0)],
)  # fmt: skip
def test_color_models(
    encode: Callable[[Dataset], Dataset], tolerance: int, convert_one: ConvertOne, tmp_path: Path
) -> None:
    made = encode(dicom.picture(_colors(), modality="US"))
    made.PixelSpacing = [0.8, 0.5]
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert (image.color_space, image.components, image.element_type) == ("RGB", 3, "uint8")
    assert (image.size, image.spacing) == ((48, 32), (0.5, 0.8))
    assert np.abs(pixels_of(image).astype(int) - _colors().astype(int)).max() <= tolerance


def test_sixteen_bit_colors_keep_their_bits(convert_one: ConvertOne, tmp_path: Path) -> None:
    colors = _colors().astype(np.uint16) * 257
    made = dicom.picture(colors, modality="OT")
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert image.element_type == "uint16"
    assert np.array_equal(pixels_of(image), colors)


def _palette(made: Dataset, *, bits: int, first: int = 0) -> np.ndarray:
    """Give the object a palette of 4 colors from stored value `first` on; return the colors."""
    colors = np.array([[0, 10, 20], [255, 0, 0], [30, 200, 90], [7, 8, 250]])
    for index, name in enumerate(("Red", "Green", "Blue")):
        entries = colors[:, index] * (257 if bits == 16 else 1)
        data = entries.astype("<u2" if bits == 16 else np.uint8).tobytes()
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [4, first, bits])
        setattr(made, f"{name}PaletteColorLookupTableData", data)
    made.PhotometricInterpretation = "PALETTE COLOR"
    return colors


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("first", [0, 3])
@pytest.mark.parametrize("bits", [8, 16])
def test_palettes_are_looked_up(
    bits: int, first: int, compressed: bool, convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = np.random.default_rng(4).integers(0, 10, (12, 10)).astype(np.uint8)
    made = dicom.picture(stored, modality="US")
    colors = _palette(made, bits=bits, first=first)
    if compressed:
        made.compress(RLELossless, generate_instance_uid=False)
    image = convert_one(dicom.save([made], tmp_path / "in"))
    expected = colors[np.clip(stored.astype(int) - first, 0, 3)]
    assert np.array_equal(pixels_of(image), expected)
    assert image.color_space == "RGB"


def test_a_palette_without_its_colors_is_named(codes: Codes, tmp_path: Path) -> None:
    made = dicom.picture(np.zeros((4, 6), np.uint8), modality="US")
    _palette(made, bits=8)
    del made.GreenPaletteColorLookupTableData
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedPhotometric"}


@pytest.mark.parametrize("model", ["HSV", "CMYK", "YBR_PARTIAL_420", "ARGB"])
def test_other_color_models_are_named(model: str, codes: Codes, tmp_path: Path) -> None:
    made = dicom.picture(_colors(), modality="OT")
    made.PhotometricInterpretation = model
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedPhotometric"}


def test_a_stack_of_colors_keeps_its_geometry(convert_one: ConvertOne, tmp_path: Path) -> None:
    series = dicom.classic(dicom.volume(slices=3))
    colors = np.random.default_rng(4).integers(0, 255, (3, 12, 10, 3)).astype(np.uint8)
    made = []
    for dataset, plane in zip(series, colors, strict=True):
        picture = dicom.picture(plane, sop_class=dataset.SOPClassUID, modality="CT")
        for group in (0x0020, 0x0028):
            for element in dataset.group_dataset(group):
                if element.keyword == "PixelSpacing" or group == 0x0020:
                    picture[element.tag] = element
        made.append(picture)
    image = convert_one(dicom.save(made, tmp_path / "in"))
    assert (image.size, image.spacing, image.components) == ((10, 12, 3), (0.5, 0.8, 2.5), 3)
    assert np.array_equal(pixels_of(image), colors)


def test_inverted_gray_keeps_its_values_and_says_so(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    stored = dicom.volume()[0]
    made = dicom.picture(stored, modality="CR", photometric="MONOCHROME1")
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), stored)
    assert image.photometric == "MONOCHROME1"
    header = image.path.read_bytes().split(b"LOCAL")[0]
    assert b"PhotometricInterpretation = MONOCHROME1\n" in header


def test_the_shape_of_pixels_without_a_size_is_kept(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    made = dicom.picture(_colors(), modality="US")
    made.PixelAspectRatio = ["4", "3"]
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert image.spacing == pytest.approx((1.0, 4 / 3))
    assert not image.spacing_valid
    assert [remark.code for remark in image.warnings] == ["NoSpacing"]


@pytest.mark.parametrize(
    ("attributes", "calibrated"),
    [
        ({"PixelSpacing": [0.2, 0.1]}, True),
        ({"ImagerPixelSpacing": [0.2, 0.1]}, False),
        ({"NominalScannedPixelSpacing": [0.2, 0.1]}, False),
        ({"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.3, 0.15]}, True),
        ({"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.2, 0.1]}, False),
        ({"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.2, 0.1],
          "PixelSpacingCalibrationType": "FIDUCIAL"}, True),
    ],
)  # fmt: skip
def test_lengths_at_the_detector_are_not_lengths_in_the_patient(
    attributes: dict[str, object], calibrated: bool, convert_one: ConvertOne, tmp_path: Path
) -> None:
    made = dicom.picture(dicom.volume()[0], modality="DX")
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert image.spacing[0] < image.spacing[1]
    assert image.spacing_valid is calibrated
    assert [remark.code for remark in image.warnings] == ([] if calibrated else ["NotCalibrated"])
