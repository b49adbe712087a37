"""Images without patient geometry: radiographs, ultrasound, color, loops, PNG and JPEG."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom.pixels import convert_color_space
from pydicom.uid import ComputedRadiographyImageStorage

from app.images.conversion import ConvertedImage
from tests.images.conversion.conftest import pixels_of
from tests.synthetic import dicom

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]
COLORS = np.random.default_rng(5).integers(0, 256, size=(6, 8, 3)).astype(np.uint8)


def _codes(image: ConvertedImage) -> list[str]:
    return [remark.code for remark in image.warnings]


def test_inverted_gray_is_kept_and_recorded(convert_one: ConvertOne, tmp_path: Path) -> None:
    plane = dicom.volume()[0]
    made = dicom.picture(
        plane, sop_class=ComputedRadiographyImageStorage, modality="CR", photometric="MONOCHROME1"
    )
    made.ImagerPixelSpacing = [0.2, 0.1]
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), plane)
    assert (image.photometric, image.size) == ("MONOCHROME1", (10, 12))
    assert image.spacing == (0.1, 0.2)
    assert not image.spacing_valid
    assert _codes(image) == ["NotCalibrated"]
    assert b"PhotometricInterpretation = MONOCHROME1" in image.path.read_bytes()[:2000]


@pytest.mark.parametrize("planar", [0, 1])
def test_colors_in_either_order(planar: int, convert_one: ConvertOne, tmp_path: Path) -> None:
    made = dicom.picture(COLORS)
    made.PlanarConfiguration = planar
    made.PixelData = (COLORS if planar == 0 else COLORS.transpose(2, 0, 1)).tobytes()
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert (image.components, image.color_space, image.photometric) == (3, "RGB", "RGB")
    assert np.array_equal(pixels_of(image), COLORS)


def test_luminance_and_chrominance_become_rgb(convert_one: ConvertOne, tmp_path: Path) -> None:
    made = dicom.picture(np.asarray(convert_color_space(COLORS, "RGB", "YBR_FULL")))
    made.PhotometricInterpretation = "YBR_FULL"
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.abs(pixels_of(image).astype(int) - COLORS).max() <= 3


@pytest.mark.parametrize("bits", [8, 16])
def test_palette_colors_are_looked_up(bits: int, convert_one: ConvertOne, tmp_path: Path) -> None:
    indices = np.arange(48, dtype=np.uint8).reshape(6, 8)
    made = dicom.picture(indices, photometric="PALETTE COLOR")
    tables = np.random.default_rng(6).integers(0, 256, size=(3, 256)).astype(np.uint16)
    for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [256, 0, bits])
        data = table.astype("u1").tobytes() if bits == 8 else (table * 256).astype("<u2").tobytes()
        setattr(made, f"{name}PaletteColorLookupTableData", data)
    image = convert_one(dicom.save([made], tmp_path / "in"))
    assert np.array_equal(pixels_of(image), tables.T[indices])


def test_a_broken_palette_is_named(codes: Codes, tmp_path: Path) -> None:
    made = dicom.picture(np.zeros((6, 8), np.uint8), photometric="PALETTE COLOR")
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "UnsupportedPhotometric"}


def test_a_loop_has_a_time_axis_and_no_depth(convert_one: ConvertOne, tmp_path: Path) -> None:
    frames = np.random.default_rng(7).integers(0, 256, size=(4, 6, 8, 3)).astype(np.uint8)
    image = convert_one(dicom.save([dicom.cine(frames)], tmp_path / "in"))
    assert image.size == (8, 6, 1, 4)
    assert image.time_step == 0.04
    assert np.array_equal(pixels_of(image)[:, 0], frames)


def test_frames_of_a_ct_without_positions_are_refused(codes: Codes, tmp_path: Path) -> None:
    made = dicom.classic(dicom.volume(slices=1))[0]
    made.NumberOfFrames = 2
    made.PixelData = made.PixelData * 2
    assert codes(dicom.save([made], tmp_path / "in")) == {"0000.dcm": "NoSliceOrder"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (COLORS, COLORS),
        (COLORS[..., 0], COLORS[..., 0]),
        (COLORS.astype(np.uint16) * 200, COLORS.astype(np.uint16) * 200),
        (np.dstack([COLORS, COLORS[..., :1]]), COLORS),
    ],
    ids=["rgb", "gray", "rgb16", "rgba"],
)
def test_png(
    values: np.ndarray, expected: np.ndarray, convert_one: ConvertOne, tmp_path: Path
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(values)))
    image = convert_one([path])
    assert np.array_equal(pixels_of(image), expected)
    assert image.size == (8, 6)
    assert not image.spacing_valid
    assert ("AlphaDropped" in _codes(image)) == (values.ndim == 3 and values.shape[-1] == 4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_is_turned_upright(orientation: int, convert_one: ConvertOne, tmp_path: Path) -> None:
    upright = np.zeros((16, 24, 3), np.uint8)
    upright[:8, :8] = 250
    upright[8:, :8] = 120
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.swapaxes(0, 1), 6: np.rot90(upright, 1), 7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    data = imagecodecs.jpeg_encode(np.ascontiguousarray(stored), level=95, subsampling="444")
    tiff = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHxxI", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0" + tiff
    path = tmp_path / "picture.jpg"
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
    image = convert_one([path])
    assert image.size == (24, 16)
    assert np.abs(pixels_of(image).astype(int) - upright).max() < 12


def test_a_picture_that_claims_to_be_huge_is_refused(codes: Codes, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    raw = bytearray(imagecodecs.png_encode(COLORS))
    raw[16:24] = struct.pack(">II", 60000, 60000)
    path.write_bytes(raw)
    assert codes([path]) == {"bomb.png": "TooLarge"}


def test_a_jpeg_without_its_end_is_named(codes: Codes, tmp_path: Path) -> None:
    path = tmp_path / "half.jpg"
    raw = imagecodecs.jpeg_encode(np.ascontiguousarray(COLORS.repeat(20, 0)))
    path.write_bytes(raw[: len(raw) // 2 + 100])
    assert codes([path]) == {"half.jpg": "TruncatedPixelData"}


def test_a_damaged_png_is_named(codes: Codes, tmp_path: Path) -> None:
    path = tmp_path / "half.png"
    raw = imagecodecs.png_encode(COLORS)
    path.write_bytes(raw[: len(raw) // 2])
    assert codes([path]) == {"half.png": "DecodeFailed"}
