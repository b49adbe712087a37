"""Whatever a data set holds: nothing of it passes unread, and errors have names."""

from __future__ import annotations

import io
import logging
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from app.images.deidentify import DeidentificationError, Profile, deidentify, deidentify_file
from tests.images.deidentify.conftest import SECRET
from tests.images.deidentify.sentinels import found_in, sentinel, sentinel_bytes

BULK = {0x7FE00008, 0x7FE00009, 0x7FE00010}
NUMBERS = {"US", "SS", "UL", "SL", "FL", "FD", "SV", "UV", "DS", "IS", "AT", "OV", "OL", "OD", "OF"}
TAGS = sorted(
    tag
    for tag, entry in DicomDictionary.items()
    if not set(entry[0].split(" or ")) & NUMBERS
    and tag not in BULK
    and 0x00080000 <= tag < 0xFFFA0000
)
"""Every public attribute that can hold a text, UID, date or sequence: kept numbers are no leak."""
PALETTES = {tag for tag in TAGS if 0x00281101 <= tag <= 0x00281223} | {0x00283006, 0x00660129}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The reader has much to say about damaged files."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@st.composite
def datasets(draw: st.DrawFn, depth: int = 0) -> Dataset:
    """Return a data set of random attributes with sentinels, items nested in any sequence."""
    dataset = Dataset()
    for tag in draw(st.lists(st.sampled_from(TAGS), max_size=12)):
        if tag in PALETTES or DicomDictionary[tag][0] in {"OB", "OW", "OB or OW", "UN"}:
            continue
        vr, value = sentinel(tag)
        if vr == "SQ":
            nested = depth < 3
            value = Sequence(draw(st.lists(datasets(depth + 1), max_size=2)) if nested else [])
        dataset.add_new(tag, vr, value)
    if draw(st.booleans()):
        group = draw(st.sampled_from([0x0009, 0x0019, 0x0029, 0x7FE1]))
        block = dataset.private_block(group, draw(st.sampled_from(["SENTINEL", "X"])), create=True)
        block.add_new(1, "LO", "SENTINEL")
        block.add_new(2, "UN", b"SENTINEL")
    return dataset


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(dataset=datasets(), implicit=st.booleans())
def test_random_nested_data_sets(dataset: Dataset, implicit: bool) -> None:
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = "1.2.3"
    source, target = io.BytesIO(), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(source, dataset, implicit_vr=implicit, little_endian=True)
        source.seek(0)
        read = pydicom.dcmread(source, force=True)
        deidentify(read, profile=Profile(), secret=SECRET)
        pydicom.dcmwrite(target, read, enforce_file_format=True)
    assert found_in(target.getvalue()) == []


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_files_are_cleaned_or_named(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = _base(data.draw(st.sampled_from([ExplicitVRLittleEndian, ImplicitVRLittleEndian])))
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(132, len(broken) - 1))
        broken[at] = data.draw(st.integers(0, 255))
    broken = broken[: data.draw(st.integers(200, len(broken)))]
    folder = tmp_path_factory.mktemp("damaged")
    source, target = folder / "a.dcm", folder / "b.dcm"
    source.write_bytes(broken)
    try:
        deidentify_file(source, target, profile=Profile(), secret=SECRET)
    except DeidentificationError:
        assert not target.exists()
    else:
        assert b"SENTINEL" not in target.read_bytes()


_BASES: dict[str, bytes] = {}


def _base(syntax: str) -> bytes:
    if syntax not in _BASES:
        _BASES[syntax] = sentinel_bytes(syntax)
    return _BASES[syntax]


def _explicit(tag: int, vr: bytes, value: bytes) -> bytes:
    group, element = tag >> 16, tag & 0xFFFF
    if vr in (b"OB", b"UN", b"UT", b"SQ", b"OW"):
        return struct.pack("<HH2sHI", group, element, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", group, element, vr, len(value)) + value


def _raw_file(path: Path, *elements: bytes) -> Path:
    meta = _explicit(0x00020010, b"UI", b"1.2.840.10008.1.2.1\0")
    body = _explicit(0x00080016, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0")
    path.write_bytes(bytes(128) + b"DICM" + meta + body + b"".join(elements))
    return path


def _clean_raw(folder: Path, *elements: bytes) -> tuple[Dataset, bytes]:
    target = folder / "b.dcm"
    deidentify_file(
        _raw_file(folder / "a.dcm", *elements), target, profile=Profile(), secret=SECRET
    )
    return pydicom.dcmread(target), target.read_bytes()


@pytest.mark.parametrize(
    ("tag", "vr", "value"),
    [
        (0x00280010, b"LO", b"JOHN DOE"),  # Rows, not written as a number
        (0x00280010, b"US", b"DOE"),  # of odd length
        (0x00280010, b"OB", b"JOHN DOE"),
        (0x00280010, b"UN", b"JOHN DOE"),  # too many numbers
        (0x00020003, b"UI", b"JOHN DOE"),  # file meta information in the data set
        (0x00280030, b"DS", b"1.5\\1.5 JOHN DOE "),  # PixelSpacing with a name behind
        (0x00280030, b"LO", b"JOHN DOE"),
        (0x00080060, b"CS", b"DOE^JOHN"),  # Modality
        (0x00080060, b"CS", b"CT\0JOHN DOE"),
        (0x00181020, b"OB", b"JOHN DOE"),
        (0x00180050, b"UN", b"JOHN DOE"),  # SliceThickness of unknown VR
        (0x00209113, b"UN", b"JOHN DOE"),  # PlanePositionSequence that is none
        (0x00209113, b"OB", b"JOHN DOE"),
        (0x00100020, b"SQ", b""),
        (0x00080018, b"LO", b"JOHN DOE"),  # SOPInstanceUID
        (0x0020000D, b"UI", b"JOHN DOE"),
        (0x00080005, b"CS", b"JOHN DOE"),  # SpecificCharacterSet
        (0x00080021, b"DA", b"JOHN DOE"),
        (0x00104000, b"LT", b"\xff\xfeJOHN DOE"),
        (0x0018115E, b"DS", b"JOHN DOE"),
        (0x00189087, b"FD", b"JOHN DOE DOE"),
        (0x00209157, b"UL", b"JOHN DOE x"),
        (0x00200037, b"DS", b"1\\0\\0\\0\\1\\JOHN DOE "),
    ],
)
def test_values_that_are_not_what_they_should_be(
    tag: int, vr: bytes, value: bytes, tmp_path: Path
) -> None:
    before = _explicit(0x00080005, b"CS", b"ISO_IR 192") if tag != 0x00080005 else b""
    dataset, data = _clean_raw(tmp_path, before, _explicit(tag, vr, value))
    assert b"DOE" not in data
    assert dataset.PatientIdentityRemoved == "YES"


def test_numbers_of_unknown_vr_are_kept_as_numbers(tmp_path: Path) -> None:
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    dataset, _ = _clean_raw(
        tmp_path,
        _explicit(0x00180050, b"UN", b"2.5 "),
        _explicit(0x00209113, b"UN", item),
        _explicit(0x00280010, b"UN", struct.pack("<H", 512)),
    )
    assert dataset.SliceThickness == 2.5
    assert dataset.Rows == 512


def test_names_hidden_in_items_of_unknown_vr_go(tmp_path: Path) -> None:
    name = struct.pack("<HHI", 0x0010, 0x0010, 8) + b"JOHN DOE"
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(name)) + name
    undefined = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + name
    undefined += struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    header = struct.pack("<HH2sHI", 0x0020, 0x9116, b"UN", 0, 0xFFFFFFFF)
    _, data = _clean_raw(tmp_path, _explicit(0x00209113, b"UN", item), header + undefined)
    assert b"DOE" not in data


def test_items_nested_without_end_are_named(tmp_path: Path) -> None:
    open_items = struct.pack("<HH2sHI", 0x0020, 0x9113, b"SQ", 0, 0xFFFFFFFF)
    open_items += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    source = _raw_file(tmp_path / "a.dcm", open_items * 3000)
    with pytest.raises(DeidentificationError):
        deidentify_file(source, tmp_path / "b.dcm", profile=Profile(), secret=SECRET)


@pytest.mark.parametrize("data", [b"", b"JOHN DOE" * 100, bytes(1000), b"DICM" * 99])
def test_files_that_are_no_dicom(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(data)
    with pytest.raises(DeidentificationError) as caught:
        deidentify_file(tmp_path / "a.dcm", tmp_path / "b.dcm", profile=Profile(), secret=SECRET)
    assert caught.value.code in {"NotDicom", "Unreadable"}
    assert caught.value.advice
    assert not (tmp_path / "b.dcm").exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeidentificationError) as caught:
        deidentify_file(tmp_path / "a", tmp_path / "b", profile=Profile(), secret=SECRET)
    assert caught.value.code == "Unreadable"


@pytest.mark.parametrize(
    "value", [b"JOHN DOE", ["JOHN", "DOE"], "JOHN DOE", 12345, None, Dataset(), object()]
)
@pytest.mark.parametrize(
    "keyword", ["PatientName", "Rows", "PixelSpacing", "ImageType", "Modality"]
)
def test_odd_values_set_in_python(keyword: str, value: Any) -> None:
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = "1.2.3"
    element = pydicom.DataElement(pydicom.tag.Tag(keyword), "LO", "x")
    element._value = value
    dataset[keyword] = element
    deidentify(dataset, profile=Profile(), secret=SECRET)
    assert "DOE" not in str(dataset.get(keyword, ""))
