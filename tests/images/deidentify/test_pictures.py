"""Pictures keep their pixels and their orientation, and lose all else."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps, PngImagePlugin

from app.images.deidentify import DeidentificationError, strip_picture

WORD = "SENTINEL"
NEEDLES = [WORD.encode(codec) for codec in ("ascii", "utf-16-le", "utf-16-be")]
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SENTINEL</x:xmpmeta>"
IPTC = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x08SENTINEL"
Array = np.ndarray[Any, np.dtype[Any]]


def _random(shape: tuple[int, ...], dtype: str = "uint8") -> Array:
    return np.random.default_rng(3).integers(0, np.iinfo(dtype).max, shape, dtype=dtype)


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = exif[0x013B] = exif[0x8298] = WORD
    exif[0x9C9C] = WORD.encode("utf-16-le")
    exif.get_ifd(0x8825)[2] = (52.0, 21.0, 11.0)
    exif.get_ifd(0x8825)[29] = WORD
    exif.get_ifd(0x8769)[0x9286] = WORD
    return exif


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _jpeg(image: Image.Image, orientation: int = 1, **options: Any) -> bytes:
    out = io.BytesIO()
    profile = b"\0" * 128 + WORD.encode()
    image.save(out, "JPEG", exif=_exif(orientation), icc_profile=profile, comment=WORD, **options)
    data = out.getvalue()
    extra = _segment(0xE1, XMP) + _segment(0xED, IPTC) + _segment(0xE4, b"SENTINEL")
    thumbnail = b"JFXX\0\x10SENTINEL"
    return data[:2] + extra + _segment(0xE0, thumbnail) + data[2:] + b"SENTINEL behind"


def _stripped(data: bytes, folder: Path) -> tuple[bytes, dict[str, Any]]:
    source, target = folder / "source", folder / "target"
    source.write_bytes(data)
    report = strip_picture(source, target)
    return target.read_bytes(), report.as_dict()


def _pixels(data: bytes) -> Array:
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image)


def _shown(data: bytes) -> Array:
    with Image.open(io.BytesIO(data)) as image:
        return np.array(ImageOps.exif_transpose(image))


MODES = [
    ("RGB", {}),
    ("L", {}),
    ("CMYK", {}),
    ("RGB", {"progressive": True}),
    ("RGB", {"restart_marker_rows": 1}),
    ("RGB", {"subsampling": 0, "quality": 100}),
]


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(("mode", "options"), MODES)
def test_jpeg(mode: str, options: dict[str, Any], orientation: int, tmp_path: Path) -> None:
    data = _jpeg(Image.fromarray(_random((67, 91, 3))).convert(mode), orientation, **options)
    clean, report = _stripped(data, tmp_path)
    assert not [needle for needle in NEEDLES if needle in clean]
    assert np.array_equal(_pixels(clean), _pixels(data))
    assert np.array_equal(_shown(clean), _shown(data))
    scan = data[data.index(b"\xff\xda") : data.index(b"SENTINEL behind")]
    assert clean.endswith(scan)
    removed = {row["attribute"] for row in report["attributes"] if row["action"] == "removed"}
    assert removed >= {"Exif", "XMP", "IPTC", "comment", "color profile", "thumbnail"}


def test_a_jpeg_states_its_orientation_and_nothing_else(tmp_path: Path) -> None:
    clean, _ = _stripped(_jpeg(Image.fromarray(_random((8, 8))), 8), tmp_path)
    with Image.open(io.BytesIO(clean)) as image:
        assert dict(image.getexif()) == {0x0112: 8}
    clean, _ = _stripped(_jpeg(Image.fromarray(_random((8, 8))), 1), tmp_path)
    assert b"Exif" not in clean


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA", "I;16"])
def test_png(mode: str, tmp_path: Path) -> None:
    if mode == "I;16":
        image = Image.fromarray(_random((67, 91), "uint16"))
    else:
        image = Image.fromarray(_random((67, 91, 3))).convert(mode)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", WORD)
    texts.add_text("Comment", WORD, zip=True)
    texts.add_itxt("Title", WORD)
    texts.add(b"tIME", struct.pack(">HBBBBB", 1961, 5, 17, 1, 2, 3))
    texts.add(b"prVt", WORD.encode())
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=texts, exif=_exif(6), icc_profile=WORD.encode(), dpi=(72, 72))
    data = out.getvalue() + b"SENTINEL behind"
    clean, report = _stripped(data, tmp_path)
    assert not [needle for needle in NEEDLES if needle in clean]
    assert zlib.compress(WORD.encode()) not in clean
    kinds = {clean[at + 4 : at + 8] for at in _chunks(clean)}
    assert kinds <= {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"pHYs", b"eXIf"}
    assert np.array_equal(_pixels(clean), _pixels(data))
    assert np.array_equal(_shown(clean), _shown(data))
    removed = {row["attribute"] for row in report["attributes"] if row["action"] == "removed"}
    assert removed >= {"text", "Exif", "time", "color profile", "extra chunk"}


def _chunks(data: bytes) -> list[int]:
    found, at = [], 8
    while at < len(data):
        found.append(at)
        at += 12 + struct.unpack_from(">I", data, at)[0]
    return found


def _samples() -> list[bytes]:
    image, found = Image.fromarray(_random((16, 16, 3))), []
    for kind in ("JPEG", "PNG"):
        out = io.BytesIO()
        image.save(out, kind)
        found.append(out.getvalue())
    return found


SAMPLES = _samples()


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeidentificationError) as caught:
        _stripped(b"II*\0 no picture", tmp_path)
    assert caught.value.code == "UnsupportedFormat"
    assert not (tmp_path / "target").exists()


@given(
    data=st.sampled_from(SAMPLES),
    at=st.integers(0, 1000),
    change=st.binary(min_size=1, max_size=6),
    cut=st.integers(0, 400),
)
def test_damage_is_named(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, at: int, change: bytes, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    at %= len(data)
    broken = (data[:at] + change + data[at + len(change) :])[: len(data) - cut]
    try:
        _stripped(broken, folder)
    except DeidentificationError:
        assert not (folder / "target").exists()
