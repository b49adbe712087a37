"""Comments inside compressed frames go, pixels stay, and nothing is compressed anew."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import CTImageStorage, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless

from app.images.deidentify import DeidentificationError, Profile, deidentify_file
from tests.images.deidentify.conftest import SECRET
from tests.synthetic import dicom

WORD = b"SENTINEL"


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">HH", marker, len(body) + 2) + body


def _frame(kind: str, seed: int, *, comments: bool) -> bytes:
    import imagecodecs

    pixels = np.random.default_rng(seed).integers(0, 255, (64, 64), dtype=np.uint8)
    if kind == "JPEG":
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG")
        data = out.getvalue()
    elif kind == "JPEG-LS":
        data = imagecodecs.jpegls_encode(pixels)
    else:
        data = imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="j2k")
    if not comments:
        return data
    if kind == "JPEG 2000":
        start = data.index(b"\xff\x90")
        return data[:start] + _segment(0xFF64, b"\0\1" + WORD) + data[start:]
    extra = _segment(0xFFFE, WORD) + _segment(0xFFE1, b"Exif\0\0" + WORD)
    return data[:2] + extra + data[2:] + WORD


def _file(path: Path, syntax: str, frames: list[bytes], *, extended: bool = False) -> Path:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3"
    dataset.Rows = dataset.Columns = 64
    dataset.NumberOfFrames, dataset.SamplesPerPixel = len(frames), 1
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = "MONOCHROME2", 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    padded = [frame + bytes(len(frame) % 2) for frame in frames]
    if extended:
        found: Any = encapsulate_extended(padded)
        dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = found
    else:
        dataset.PixelData = encapsulate(padded)
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, enforce_file_format=True)
    return path


CASES = [
    ("JPEG", JPEGBaseline8Bit),
    ("JPEG-LS", JPEGLSLossless),
    ("JPEG 2000", JPEG2000Lossless),
]


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize(("kind", "syntax"), CASES)
def test_comments_go_and_pixels_stay(
    kind: str, syntax: str, extended: bool, tmp_path: Path
) -> None:
    frames = [_frame(kind, seed, comments=True) for seed in range(3)]
    plain = [_frame(kind, seed, comments=False) for seed in range(3)]
    source = _file(tmp_path / "a.dcm", syntax, frames, extended=extended)
    target = tmp_path / "b.dcm"
    report = deidentify_file(source, target, profile=Profile(), secret=SECRET)
    assert WORD not in target.read_bytes()
    dataset = pydicom.dcmread(target)
    assert dataset.file_meta.TransferSyntaxUID == syntax
    found = list(generate_frames(dataset.PixelData, number_of_frames=3))
    for before, after in zip(plain, found, strict=True):
        scan = before[before.rindex(b"\xff\x90" if kind == "JPEG 2000" else b"\xff\xda") :]
        assert after[: after.rindex(scan[-2:]) + 2].endswith(scan)
    assert any(row["attribute"] == "PixelData comments" for row in report.as_dict()["attributes"])


@pytest.mark.parametrize(("kind", "syntax"), CASES)
def test_frames_without_comments_are_not_touched(kind: str, syntax: str, tmp_path: Path) -> None:
    frames = [_frame(kind, seed, comments=True) for seed in range(2)]
    paths = [_file(tmp_path / "0.dcm", syntax, frames), tmp_path / "1.dcm", tmp_path / "2.dcm"]
    for source, target in pairwise(paths):
        deidentify_file(source, target, profile=Profile(), secret=SECRET)
    _, once, twice = (pydicom.dcmread(path).PixelData for path in paths)
    assert once == twice


@pytest.mark.parametrize(
    ("syntax", "frame"),
    [
        (JPEGBaseline8Bit, b"\xff\xd8 no JPEG"),
        (JPEG2000Lossless, b"no JPEG 2000"),
        (JPEG2000Lossless, b"\xff\x4f\xff\x51\0\x40SENTINEL"),
    ],
)
def test_frames_that_cannot_be_parsed_are_not_kept(
    syntax: str, frame: bytes, tmp_path: Path
) -> None:
    source = _file(tmp_path / "a.dcm", syntax, [frame])
    with pytest.raises(DeidentificationError) as caught:
        deidentify_file(source, tmp_path / "b.dcm", profile=Profile(), secret=SECRET)
    assert caught.value.code == "Unreadable"
    assert not (tmp_path / "b.dcm").exists()


def test_a_jpeg_that_readers_forgive_does_not_keep_its_comment(tmp_path: Path) -> None:
    """Readers skip bytes between segments, which are no JPEG for us."""
    data = _frame("JPEG", 1, comments=True)
    source = _file(tmp_path / "a.dcm", JPEGBaseline8Bit, [data[:2] + b"\0\0" + data[2:]])
    with pytest.raises(DeidentificationError):
        deidentify_file(source, tmp_path / "b.dcm", profile=Profile(), secret=SECRET)


def _in_a_tile(data: bytes) -> bytes:
    """Put a comment into the header of the first tile-part, whose length grows by it."""
    start, comment = data.index(b"\xff\x90"), _segment(0xFF64, b"\0\1" + WORD)
    (length,) = struct.unpack_from(">I", data, start + 6)
    grown = struct.pack(">I", length + len(comment)) if length else bytes(4)
    return data[: start + 6] + grown + data[start + 10 : start + 12] + comment + data[start + 12 :]


def _in_a_file(data: bytes) -> bytes:
    """Wrap a codestream into a JP2 file with a box of text before and behind it."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", len(body) + 8, kind) + body

    start = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + box(b"xml ", WORD) + box(b"jp2c", data) + box(b"uuid", WORD * 4)


@pytest.mark.parametrize("change", [_in_a_tile, _in_a_file, lambda data: data + WORD])
def test_texts_anywhere_in_jpeg_2000_go(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    plain = _frame("JPEG 2000", 1, comments=False)
    source = _file(tmp_path / "a.dcm", JPEG2000Lossless, [change(plain)])
    target = tmp_path / "b.dcm"
    deidentify_file(source, target, profile=Profile(), secret=SECRET)
    assert WORD not in target.read_bytes()
    assert np.array_equal(
        pydicom.dcmread(target).pixel_array,
        np.random.default_rng(1).integers(0, 255, (64, 64), dtype=np.uint8),
    )


@pytest.mark.parametrize(("rows", "extra"), [(5, b"SENTINEL"), (5, b"S"), (4, b"SENTINEL")])
def test_bytes_behind_the_last_pixel_go(rows: int, extra: bytes, tmp_path: Path) -> None:
    dataset = dicom.picture(np.arange(rows * 15, dtype=np.uint8).reshape(rows, 15))
    dataset.PixelData = bytes(range(rows * 15)) + extra
    source, target = dicom.save([dataset], tmp_path / "in")[0], tmp_path / "b.dcm"
    deidentify_file(source, target, profile=Profile(), secret=SECRET)
    assert pydicom.dcmread(target).PixelData == bytes(range(rows * 15)) + bytes(rows % 2)
