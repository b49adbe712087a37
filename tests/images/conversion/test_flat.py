"""Flat pictures: their stated pixel size, modes, orientation, and TIFF apart from whole slides."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from app.images.conversion import ConvertedImage, Limits, scan
from tests.data import DATA
from tests.images.conversion.conftest import pixels_of

ConvertOne = Callable[[list[Path]], ConvertedImage]
Codes = Callable[[list[Path]], dict[str, str]]
RANDOM = np.random.default_rng(8)
COLORS = RANDOM.integers(0, 256, (6, 8, 3)).astype(np.uint8)
GRAY = COLORS[..., 0].copy()
DEEP = RANDOM.integers(0, 65536, (6, 8)).astype(np.uint16)


def _save(path: Path, values: np.ndarray, mode: str | None = None, **options: Any) -> Path:
    image = Image.fromarray(values)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def _codes(image: ConvertedImage) -> list[str]:
    return [remark.code for remark in image.warnings]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_stated_pixel_size_is_taken(name: str, convert_one: ConvertOne, tmp_path: Path) -> None:
    image = convert_one([_save(tmp_path / name, COLORS, dpi=(254, 508))])
    assert image.spacing == pytest.approx((0.1, 0.05), rel=1e-3)
    assert image.spacing_valid
    assert _codes(image) == ["PictureSpacing"]


@pytest.mark.parametrize("dpi", [72, 96])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_pixel_size_that_programs_assume_is_not(
    name: str, dpi: int, convert_one: ConvertOne, tmp_path: Path
) -> None:
    image = convert_one([_save(tmp_path / name, COLORS, dpi=(dpi, dpi))])
    assert image.spacing == (1.0, 1.0)
    assert not image.spacing_valid
    assert _codes(image) == ["NoSpacing"]


def test_a_pixel_size_without_unit_is_not(convert_one: ConvertOne, tmp_path: Path) -> None:
    _save(tmp_path / "a.tif", COLORS, resolution=254, resolution_unit=1)
    assert not convert_one([tmp_path / "a.tif"]).spacing_valid


def test_centimeters_are_a_unit(convert_one: ConvertOne, tmp_path: Path) -> None:
    path = _save(tmp_path / "a.tif", COLORS, resolution=50, resolution_unit=3)
    assert convert_one([path]).spacing == pytest.approx((0.2, 0.2))


def test_a_turned_picture_turns_its_pixel_size(convert_one: ConvertOne, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = _save(tmp_path / "a.png", COLORS, dpi=(254, 508), exif=exif)
    image = convert_one([path])
    assert image.size == (6, 8)
    assert image.spacing == pytest.approx((0.05, 0.1), rel=1e-3)
    assert np.array_equal(pixels_of(image), np.rot90(COLORS, -1))


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_a_flat_tiff_is_a_picture(
    compression: str | None, convert_one: ConvertOne, tmp_path: Path
) -> None:
    path = _save(tmp_path / "a.tif", COLORS, compression=compression)
    image = convert_one([path])
    assert np.array_equal(pixels_of(image), COLORS)
    assert (image.size, image.name) == ((8, 6), "TIFF image (8 x 6)")


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_modes_keep_their_values(name: str, convert_one: ConvertOne, tmp_path: Path) -> None:
    path = tmp_path / name
    _save(path, DEEP)
    assert np.array_equal(pixels_of(convert_one([path])), DEEP)
    _save(path, GRAY, "1")
    assert set(np.unique(pixels_of(convert_one([path])))) == {0, 255}
    palette = Image.fromarray(COLORS).convert("P", palette=Image.Palette.ADAPTIVE)
    palette.save(path)
    assert np.array_equal(pixels_of(convert_one([path])), np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_transparency_is_left_out_and_said(
    name: str, mode: str, convert_one: ConvertOne, tmp_path: Path
) -> None:
    path = _save(tmp_path / name, GRAY if mode == "LA" else COLORS, mode)
    image = convert_one([path])
    assert np.array_equal(pixels_of(image), GRAY if mode == "LA" else COLORS)
    assert "AlphaDropped" in _codes(image)


def test_floating_point_values_are_kept(convert_one: ConvertOne, tmp_path: Path) -> None:
    values = RANDOM.random((6, 8)).astype(np.float32)
    image = convert_one([_save(tmp_path / "a.tif", values)])
    assert image.element_type == "float32"
    assert np.array_equal(pixels_of(image), values)


def test_white_as_zero_is_recorded(convert_one: ConvertOne, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(GRAY).save(buffer, "TIFF")
    raw = bytearray(buffer.getvalue())
    entry = raw.index(struct.pack("<HHI", 262, 3, 1))
    raw[entry + 8] = 0
    (tmp_path / "a.tif").write_bytes(raw)
    image = convert_one([tmp_path / "a.tif"])
    assert image.photometric == "MONOCHROME1"
    assert np.array_equal(pixels_of(image), GRAY)


def test_pages_become_slices(convert_one: ConvertOne, tmp_path: Path) -> None:
    pages = [Image.fromarray(GRAY + i) for i in range(3)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:], dpi=(254, 254))
    image = convert_one([tmp_path / "a.tif"])
    assert image.size == (8, 6, 3)
    assert not image.spacing_valid
    assert np.array_equal(pixels_of(image), np.stack([GRAY, GRAY + 1, GRAY + 2]))


def test_pages_of_different_size_are_named(codes: Codes, tmp_path: Path) -> None:
    pages = [Image.fromarray(GRAY), Image.fromarray(GRAY[:3])]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert codes([tmp_path / "a.tif"]) == {"a.tif": "UnsupportedMode"}


def _with(raw: bytes, tag: int, value: int, *, old: int) -> bytes:
    """Change what an entry says; its type is short or long."""
    changed = bytearray(raw)
    entry = raw.index(struct.pack("<H", old), 8)
    while struct.unpack_from("<H", raw, entry + 2)[0] not in (3, 4):
        entry = raw.index(struct.pack("<H", old), entry + 1)
    struct.pack_into("<HHII", changed, entry, tag, 4, 1, value)
    return bytes(changed)


@pytest.mark.parametrize(
    ("tag", "value", "old", "code"),
    [(322, 128, 284, "WholeSlide"), (259, 7, 259, "UnsupportedFormat"),
     (262, 5, 262, "UnsupportedMode"), (257, 60000, 257, "TooLarge"),
     (256, 0, 256, "InvalidHeader")],
)  # fmt: skip
def test_what_a_tiff_states_is_checked(
    tag: int, value: int, old: int, code: str, codes: Codes, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    Image.fromarray(COLORS.repeat(1000, 1)).save(buffer, "TIFF", tiffinfo={284: 1, 257: 6})
    raw = buffer.getvalue()
    (tmp_path / "a.tif").write_bytes(_with(raw, tag, value, old=old))
    assert codes([tmp_path / "a.tif"]) == {"a.tif": code}


def test_a_tiff_cut_short_is_named(codes: Codes, tmp_path: Path) -> None:
    path = _save(tmp_path / "a.tif", COLORS.repeat(50, 0))
    path.write_bytes(path.read_bytes()[:-50])
    assert codes([path]) in ({"a.tif": "TruncatedPixelData"}, {"a.tif": "InvalidHeader"})


def test_directories_in_a_circle_are_named(codes: Codes, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + struct.pack("<HI", 0, 8))
    assert codes([tmp_path / "a.tif"]) == {"a.tif": "InvalidHeader"}


def test_a_png_whose_line_ends_were_changed_is_named(codes: Codes, tmp_path: Path) -> None:
    raw = imagecodecs.png_encode(COLORS)
    (tmp_path / "a.png").write_bytes(raw.replace(b"\r\n", b"\n"))
    assert codes([tmp_path / "a.png"]) == {"a.png": "InvalidHeader"}


def test_a_picture_that_is_none_is_named(codes: Codes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"not a picture")
    assert codes([tmp_path / "a.jpg"]) == {"a.jpg": "InvalidHeader"}


def test_a_png_with_a_damaged_chunk_is_named(codes: Codes, tmp_path: Path) -> None:
    raw = bytearray(imagecodecs.png_encode(COLORS))
    raw[raw.index(b"IDAT") + 12] ^= 0xFF
    (tmp_path / "a.png").write_bytes(raw)
    assert codes([tmp_path / "a.png"]) == {"a.png": "DecodeFailed"}


def test_a_png_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    rows = zlib.compress(bytes(8001 * 8000), 9)

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8000, 8000, 8, 0, 0, 0, 0))
    raw = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert len(raw) < 1_000_000
    (tmp_path / "a.png").write_bytes(raw)
    result = scan([tmp_path / "a.png"], limits=Limits(frame_bytes=10_000_000))
    assert [issue.code for issue in result.skipped] == ["TooLarge"]


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="no ../shared/data")
@pytest.mark.parametrize("name", ["tiff_small/valid_tiff.tif", "wsi_svs/cmu-1-small-region.svs"])
def test_whole_slides_are_recognized(name: str, codes: Codes, tmp_path: Path) -> None:
    assert DATA is not None
    assert set(codes([DATA / name]).values()) == {"WholeSlide"}
    copied = tmp_path / "copied.tif"
    copied.write_bytes((DATA / name).read_bytes())
    assert codes([copied]) == {"copied.tif": "WholeSlide"}
