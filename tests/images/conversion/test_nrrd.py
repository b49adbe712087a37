"""NRRD: which axis is what, spaces, units, bytes to be skipped."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.images.conversion import ConvertedImage
from tests.images.conversion.conftest import pixels_of

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]
HEADER = """NRRD0005
type: int16
dimension: 3
sizes: 2 3 4
endian: little
encoding: raw
space: left-posterior-superior
space directions: (2,0,0) (0,3,0) (0,0,4)
space origin: (5,6,7)
"""
VALUES = np.arange(24, dtype=np.int16).reshape(4, 3, 2)


def _write(folder: Path, header: str, data: bytes) -> Path:
    path = folder / "a.nrrd"
    path.write_bytes(header.encode() + b"\n" + data)
    return path


def _codes(image: ConvertedImage) -> list[str]:
    return [remark.code for remark in image.warnings]


@pytest.mark.parametrize(
    ("space", "signs"),
    [("left-posterior-superior", (1, 1, 1)), ("LPS", (1, 1, 1)),
     ("right-anterior-superior", (-1, -1, 1)), ("left-anterior-superior", (1, -1, 1))],
)  # fmt: skip
def test_every_space_becomes_lps(
    space: str, signs: tuple[int, ...], convert_one: ConvertOne, tmp_path: Path
) -> None:
    header = HEADER.replace("left-posterior-superior", space)
    image = convert_one([_write(tmp_path, header, VALUES.tobytes())])
    assert image.spacing == (2.0, 3.0, 4.0)
    assert image.origin == tuple(
        sign * value for sign, value in zip(signs, (5.0, 6.0, 7.0), strict=True)
    )
    assert image.direction == tuple(np.diag(signs).ravel().astype(float))
    assert np.array_equal(pixels_of(image), VALUES)


def test_big_endian_values_are_read(convert_one: ConvertOne, tmp_path: Path) -> None:
    header = HEADER.replace("endian: little", "endian: big")
    image = convert_one([_write(tmp_path, header, VALUES.astype(">i2").tobytes())])
    assert np.array_equal(pixels_of(image), VALUES)


def test_without_the_order_of_bytes_nothing_is_guessed(codes: Codes, tmp_path: Path) -> None:
    header = HEADER.replace("endian: little\n", "")
    assert codes([_write(tmp_path, header, VALUES.tobytes())]) == {"a.nrrd": "InvalidHeader"}


def test_micrometers_become_millimeters(convert_one: ConvertOne, tmp_path: Path) -> None:
    header = HEADER + 'space units: "um" "um" "um"\n'
    image = convert_one([_write(tmp_path, header, VALUES.tobytes())])
    assert image.spacing == pytest.approx((0.002, 0.003, 0.004))
    assert image.origin == pytest.approx((0.005, 0.006, 0.007))


def test_the_last_axis_may_be_time(convert_one: ConvertOne, tmp_path: Path) -> None:
    header = (
        HEADER.replace("dimension: 3", "dimension: 4")
        .replace("sizes: 2 3 4", "sizes: 2 3 2 2")
        .replace("(0,0,4)", "(0,0,4) none")
    )
    header += 'kinds: domain domain domain list\nspacings: nan nan nan 250\nunits: "" "" "" "ms"\n'
    image = convert_one([_write(tmp_path, header, VALUES.tobytes())])
    assert (image.size, image.time_step) == ((2, 3, 2, 2), 0.25)
    assert np.array_equal(pixels_of(image), VALUES.reshape(2, 2, 3, 2))


def test_the_first_axis_may_be_colors(convert_one: ConvertOne, tmp_path: Path) -> None:
    header = (
        HEADER.replace("dimension: 3", "dimension: 4")
        .replace("int16", "uint8")
        .replace("sizes: 2 3 4", "sizes: 3 2 2 2")
        .replace("directions: ", "directions: none ")
    )
    values = np.arange(24, dtype=np.uint8)
    image = convert_one([_write(tmp_path, header, values.tobytes())])
    assert (image.size, image.components) == ((2, 2, 2), 3)
    assert np.array_equal(pixels_of(image).ravel(), values)


def test_a_geometry_that_overflows_is_named(codes: Codes, tmp_path: Path) -> None:
    header = HEADER.replace("origin: (5", "origin: (1e306") + 'space units: "m" "m" "m"\n'
    assert codes([_write(tmp_path, header, VALUES.tobytes())]) == {"a.nrrd": "InvalidHeader"}


@pytest.mark.parametrize("kind", ["list", "hsv-color", "quaternion", "complex"])
def test_what_is_no_color_is_not_shown_as_one(kind: str, codes: Codes, tmp_path: Path) -> None:
    header = HEADER.replace("int16", "uint8").replace("dimension: 3", "dimension: 4")
    header = header.replace("sizes: 2 3 4", "sizes: 4 2 3 4")
    header = header.replace("directions: (2", "directions: none (2")
    header += f"kinds: {kind} domain domain domain\n"
    assert codes([_write(tmp_path, header, bytes(96))]) == {"a.nrrd": "UnsupportedPixelFormat"}


def test_many_values_per_pixel_are_no_volume(codes: Codes, tmp_path: Path) -> None:
    header = (
        HEADER.replace("dimension: 3", "dimension: 4")
        .replace("sizes: 2 3 4", "sizes: 6 2 2 1")
        .replace("directions: ", "directions: none ")
    )
    header += "kinds: list domain domain domain\n"
    path = _write(tmp_path, header, VALUES.tobytes())
    assert codes([path]) == {"a.nrrd": "UnsupportedPixelFormat"}


def test_a_slice_knows_where_it_lies(convert_one: ConvertOne, tmp_path: Path) -> None:
    header = (
        HEADER.replace("dimension: 3", "dimension: 2")
        .replace("sizes: 2 3 4", "sizes: 4 6")
        .replace("(2,0,0) (0,3,0) (0,0,4)", "(0,2,0) (0,0,-3)")
    )
    image = convert_one([_write(tmp_path, header, VALUES.tobytes())])
    assert (image.size, image.spacing) == ((4, 6, 1), (2.0, 3.0, 1.0))
    assert image.direction == (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)


def test_spacings_count_where_there_is_no_space(convert_one: ConvertOne, tmp_path: Path) -> None:
    header = HEADER.split("space:")[0] + "spacings: 2 3 4\n"
    image = convert_one([_write(tmp_path, header, VALUES.tobytes())])
    assert image.spacing == (2.0, 3.0, 4.0)
    assert _codes(image) == ["NoOrientation"]


def test_nothing_stated_is_said(convert_one: ConvertOne, tmp_path: Path) -> None:
    header = HEADER.split("space:")[0]
    image = convert_one([_write(tmp_path, header, VALUES.tobytes())])
    assert not image.spacing_valid
    assert _codes(image) == ["NoOrientation", "NoSpacing"]


@pytest.mark.parametrize("skip", ["16", "-1"])
def test_bytes_before_the_pixels_are_skipped(
    skip: str, convert_one: ConvertOne, tmp_path: Path
) -> None:
    header = f"{HEADER}byte skip: {skip}\n"
    image = convert_one([_write(tmp_path, header, bytes(16) + VALUES.tobytes())])
    assert np.array_equal(pixels_of(image), VALUES)


@pytest.mark.parametrize("first", [2, 4, 8])
def test_raw_pixels_that_begin_as_old_dicom_does_are_no_file_of_their_own(
    first: int, convert_one: ConvertOne, tmp_path: Path
) -> None:
    values = VALUES.copy()
    values[0, 0, 0] = first
    (tmp_path / "a.raw").write_bytes(values.tobytes())
    header = _write(tmp_path, f"{HEADER}data file: a.raw\n", b"")
    image = convert_one([header, tmp_path / "a.raw"])
    assert np.array_equal(pixels_of(image), values)
    assert image.sources == (header, tmp_path / "a.raw")


def test_a_compressed_data_file_is_joined_with_its_header(
    convert_one: ConvertOne, tmp_path: Path
) -> None:
    header = HEADER.replace("raw", "gzip") + "data file: ./a.raw.gz\n"
    (tmp_path / "a.raw.gz").write_bytes(gzip.compress(VALUES.tobytes()))
    (tmp_path / "a.nhdr").write_text(header)
    image = convert_one([tmp_path / "a.nhdr", tmp_path / "a.raw.gz"])
    assert len(image.sources) == 2
    assert np.array_equal(pixels_of(image), VALUES)
