"""NIfTI, MetaImage and NRRD keep voxels and geometry, and lose all texts."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK

from app.images.deidentify import (
    DeidentificationError,
    strip_metaimage,
    strip_nifti,
    strip_nrrd,
)

sitk: Any = SimpleITK
WORD = b"SENTINEL"
EXTENSION = struct.pack("<ii", 32, 6) + b"SENTINEL" * 3


@pytest.fixture
def image() -> Any:
    pixels = np.random.default_rng(7).integers(-500, 500, (4, 5, 6), dtype=np.int16)
    made = sitk.GetImageFromArray(pixels)
    made.SetSpacing((0.5, 0.75, 2.5))
    made.SetOrigin((-10.0, 20.0, 30.5))
    made.SetDirection((0, 1, 0, -1, 0, 0, 0, 0, 1))
    return made


def _same(path: Path, image: Any) -> None:
    found = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(found), sitk.GetArrayFromImage(image))
    assert found.GetSpacing() == pytest.approx(image.GetSpacing())
    assert found.GetOrigin() == pytest.approx(image.GetOrigin())
    assert found.GetDirection() == pytest.approx(image.GetDirection(), abs=1e-6)


def _removed(report: Any) -> set[str]:
    return {row["attribute"] for row in report.as_dict()["attributes"]}


def _with_texts(data: bytes) -> bytes:
    """Put sentinels into every free field of a NIfTI-1 header, and extensions behind it."""
    header = bytearray(data[:348])
    for start, length in ((4, 10), (14, 18), (148, 80), (228, 24), (328, 16)):
        header[start : start + length] = (b"SENTINEL" * 10)[:length]
    struct.pack_into("<f", header, 108, 352 + 32)
    return bytes(header) + b"\1\0\0\0" + EXTENSION + data[352:]


@pytest.mark.parametrize("packed", [False, True])
def test_nifti(image: Any, packed: bool, tmp_path: Path) -> None:
    sitk.WriteImage(image, str(tmp_path / "made.nii"))
    data = _with_texts((tmp_path / "made.nii").read_bytes()) + WORD
    source, target = tmp_path / "a.nii", tmp_path / "b.nii"
    if packed:
        source, target = tmp_path / "SENTINEL.nii.gz", tmp_path / "b.nii.gz"
        with source.open("wb") as out, gzip.GzipFile("SENTINEL", "wb", fileobj=out) as file:
            file.write(data)
    else:
        source.write_bytes(data)
    report = strip_nifti(source, target)
    clean = target.read_bytes()
    assert WORD not in clean
    assert WORD not in (gzip.decompress(clean) if packed else clean)
    _same(target, image)
    assert _removed(report) >= {"descrip", "aux_file", "intent_name", "db_name", "extensions"}


def test_nifti_2(tmp_path: Path) -> None:
    header = bytearray(540)
    struct.pack_into("<i8shh", header, 0, 540, b"n+2\0\r\n\x1a\n", 4, 16)
    struct.pack_into("<8q", header, 16, 3, 2, 2, 2, 1, 1, 1, 1)
    struct.pack_into("<q", header, 168, 544)
    header[240:320] = WORD * 10
    header[320:344] = WORD * 3
    header[508:524] = WORD * 2
    (tmp_path / "a.nii").write_bytes(bytes(header) + bytes(4) + bytes(range(16)) + WORD)
    strip_nifti(tmp_path / "a.nii", tmp_path / "b.nii")
    clean = (tmp_path / "b.nii").read_bytes()
    assert WORD not in clean
    (offset,) = struct.unpack_from("<q", clean, 168)
    assert clean[offset:] == bytes(range(16))


@pytest.mark.parametrize("compressed", [False, True])
def test_metaimage(image: Any, compressed: bool, tmp_path: Path) -> None:
    source, target = tmp_path / "a.mha", tmp_path / "b.mha"
    image.SetMetaData("PatientName", "SENTINEL")
    image.SetMetaData("Comment", "SENTINEL")
    sitk.WriteImage(image, str(source), useCompression=compressed)
    data = source.read_bytes().replace(b"NDims", b"Comment = SENTINEL\nName = SENTINEL\nNDims")
    source.write_bytes(data.replace(b"ObjectType = Image", b"ObjectType = Image") + WORD)
    assert b"PatientName = SENTINEL" in data
    report = strip_metaimage(source, target)
    assert WORD not in target.read_bytes()
    _same(target, image)
    assert _removed(report) >= {"Comment", "Name", "unknown key", "data after the voxels"}


def test_a_metaimage_key_with_an_unfit_value_goes(image: Any, tmp_path: Path) -> None:
    source, target = tmp_path / "a.mha", tmp_path / "b.mha"
    sitk.WriteImage(image, str(source))
    data = source.read_bytes()
    source.write_bytes(data.replace(b"NDims", b"Modality = SENTINEL\nElementMin = SENTINEL\nNDims"))
    strip_metaimage(source, target)
    assert WORD not in target.read_bytes()
    _same(target, image)


@pytest.mark.parametrize("compressed", [False, True])
def test_nrrd(image: Any, compressed: bool, tmp_path: Path) -> None:
    source, target = tmp_path / "a.nrrd", tmp_path / "b.nrrd"
    image.SetMetaData("PatientName", "SENTINEL")
    sitk.WriteImage(image, str(source), useCompression=compressed)
    data = source.read_bytes().replace(
        b"type:", b'# SENTINEL\ncontent: SENTINEL\nDoe:=SENTINEL\nspace units: "SENTINEL"\ntype:'
    )
    source.write_bytes(data if compressed else data + WORD)
    report = strip_nrrd(source, target)
    assert WORD not in target.read_bytes()
    _same(target, image)
    assert _removed(report) >= {"comment", "content", "key/value pair"}


@pytest.mark.parametrize("strip", [strip_nifti, strip_metaimage, strip_nrrd])
@pytest.mark.parametrize("data", [b"", b"SENTINEL", b"\x1f\x8bSENTINEL", bytes(2000)])
def test_other_files_are_refused(strip: Any, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(DeidentificationError) as caught:
        strip(tmp_path / "a", tmp_path / "b")
    assert caught.value.code in {"Unreadable", "UnsupportedFormat"}
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("suffix", [".nii", ".mha", ".nrrd"])
def test_a_file_that_ends_early_is_named(image: Any, suffix: str, tmp_path: Path) -> None:
    strip = {".nii": strip_nifti, ".mha": strip_metaimage, ".nrrd": strip_nrrd}[suffix]
    source = tmp_path / f"a{suffix}"
    sitk.WriteImage(image, str(source))
    source.write_bytes(source.read_bytes()[:-10])
    with pytest.raises(DeidentificationError) as caught:
        strip(source, tmp_path / "b")
    assert caught.value.code == "Unreadable"
    assert not (tmp_path / "b").exists()
