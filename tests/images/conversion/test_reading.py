"""The fast walk over headers sees exactly what pydicom sees, or leaves the file to pydicom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from app.images.conversion import ConversionError, Limits
from app.images.conversion.dicom.header import Header
from app.images.conversion.dicom.instance import read_frames
from app.images.conversion.dicom.parsing import parse_header
from app.images.conversion.dicom.reading import read_header, walk_header
from tests.data import DATA
from tests.synthetic import dicom

LIMIT = Limits().header_bytes


def _seen(header: Header) -> tuple[object, ...]:
    return (
        header.syntax, header.little_endian, header.elements, header.pixels,
        header.has_modality_lut,
    )  # fmt: skip


def _frames(header: Header) -> object:
    try:
        return read_frames(header, limits=Limits())
    except ConversionError as error:
        return error.code, error.message


def assert_equal_to_pydicom(path: Path) -> bool:
    """Tell whether the file was walked; fail if pydicom sees anything else in it."""
    walked = walk_header(path)
    if walked is None:
        return False
    parsed = parse_header(path, size_limit=LIMIT)
    assert _seen(walked) == _seen(parsed)
    assert _frames(walked) == _frames(parsed)
    return True


def _nested(depth: int, *, undefined: bool) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodeMeaning = "1", "Chest"
    item.is_undefined_length_sequence_item = undefined
    if depth:
        item.ProcedureCodeSequence = _nested(depth - 1, undefined=undefined)
        item["ProcedureCodeSequence"].is_undefined_length = undefined
    return Sequence([item, item])


def _save(folder: Path, *, implicit: bool = False, undefined: bool = False) -> Path:
    (made,) = dicom.classic(dicom.volume(1))
    made.file_meta.TransferSyntaxUID = (
        ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    )
    made.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    made.WindowCenter, made.WindowWidth = [40, -600], [400, 1500]
    made.ProcedureCodeSequence = _nested(2, undefined=undefined)
    made["ProcedureCodeSequence"].is_undefined_length = undefined
    made.private_block(0x0009, "SYNTHETIC", create=True).add_new(1, "UN", b"\1\2\3\4")
    (path,) = dicom.save([made], folder)
    return path


BASES: dict[str, Callable[[Path], Path]] = {
    "explicit": _save,
    "explicit, undefined lengths": lambda folder: _save(folder, undefined=True),
    "implicit": lambda folder: _save(folder, implicit=True),
}


@pytest.fixture(scope="module", params=sorted(BASES))
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return BASES[request.param](tmp_path_factory.mktemp("base"))


def test_common_kinds_are_walked(base: Path) -> None:
    assert assert_equal_to_pydicom(base)


def test_what_the_walk_does_not_know_goes_to_pydicom(tmp_path: Path) -> None:
    (path,) = dicom.save([dicom.enhanced(dicom.volume(2))], tmp_path)
    assert walk_header(path) is None
    assert read_header(path, size_limit=LIMIT).dataset is not None


def test_a_header_longer_than_the_first_look_is_walked_too(tmp_path: Path) -> None:
    (made,) = dicom.classic(dicom.volume(1))
    made.private_block(0x0009, "SYNTHETIC", create=True).add_new(1, "OB", bytes(200_000))
    (path,) = dicom.save([made], tmp_path)
    assert assert_equal_to_pydicom(path)


@pytest.mark.parametrize("where", ["top", "item"])
def test_a_character_set_that_is_no_text_goes_to_pydicom(tmp_path: Path, where: str) -> None:
    """pydicom reads it at once and stumbles; what is refused there must not pass here."""
    path = _save(tmp_path, undefined=True)
    place = dcmread(path)
    holder = place if where == "top" else place.ProcedureCodeSequence[0]
    holder.SpecificCharacterSet = "ISO_IR 100"
    place.save_as(path)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"\x08\0\x05\0CS", b"\x08\0\x05\0US"))
    assert not assert_equal_to_pydicom(path)


def mutated(raw: bytes, random: Random) -> bytes:
    """Return the file with a few changes, most of them in its header."""
    data = bytearray(raw)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        at = random.randrange(132, max(len(data), 133))
        kind = random.randrange(6)
        if kind <= 1:
            data[at : at + 1] = bytes([random.randrange(256)])
        elif kind == 2:
            data[at : at + 1] = bytes([data[at] ^ (1 << random.randrange(8))]) if data[at:] else b""
        elif kind == 3:
            del data[at : at + random.choice((1, 2, 4, 8, 50))]
        elif kind == 4:
            piece = random.choice(PIECES)
            data[at : at + random.choice((0, len(piece)))] = piece
        else:
            start = random.randrange(132, max(len(data), 133))
            data[at:at] = data[start : start + random.choice((8, 12, 30))]
    return bytes(data)


PIECES = (
    b"\xff\xff\xff\xff", b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0", b"SQ", b"UN", b"OB",
    b"US", b"\xfe\xff\x0d\xe0\0\0\0\0", b"\0\0\0\0", b"\xe0\x7f\x10\0", b"zz", b"UI", b"1\\2",
)  # fmt: skip


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(seed=st.integers(0, 2**32))
def test_damaged_headers_are_seen_as_pydicom_sees_them(base: Path, seed: int) -> None:
    path = base.with_suffix(".mutant")
    path.write_bytes(mutated(base.read_bytes(), Random(seed)))
    assert_equal_to_pydicom(path)


def _samples() -> list[Path]:
    paths = sorted(path for path in (DATA or Path()).rglob("*") if path.is_file()) if DATA else []
    return [path for path in paths if path.read_bytes()[128:132] == b"DICM"]


@pytest.mark.data
def test_every_real_file_is_seen_as_pydicom_sees_it() -> None:
    walked = sum(assert_equal_to_pydicom(path) for path in _samples())
    assert walked > 200


@pytest.mark.data
def test_damaged_real_headers_are_seen_as_pydicom_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "mutant"
    random = Random(20261126)
    for sample in _samples():
        raw = sample.read_bytes()[:16384]
        for _ in range(2):
            path.write_bytes(mutated(raw, random))
            assert_equal_to_pydicom(path)
