"""Files of values: what each kind takes, and what it does not take however it is dressed up."""

import io
import json
import sqlite3
import struct
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from app.sockets.schemas import KINDS, InvalidValue, SuperKind, check_file, check_file_apart


def picture(format_name: str, size: tuple[int, int] = (40, 30)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (200, 20, 20)).save(target, format_name)
    return target.getvalue()


def archive(entries: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return target.getvalue()


def link_archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        packed.writestr(entry, "/etc/passwd")
    return target.getvalue()


def overlapping_archive() -> bytes:
    """Two entries of the directory that are the same bytes."""
    content = bytearray(archive({"a": b"x" * 100, "b": b"x" * 100}))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as packed:
        at = content.index(b"PK\x01\x02", packed.start_dir + 4)
    content[at + 42 : at + 46] = struct.pack("<I", 0)
    return bytes(content)


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def database(path: Path) -> bytes:
    connection = sqlite3.connect(path)
    connection.execute("create table a (b)")
    connection.commit()
    connection.close()
    return path.read_bytes()


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n"
BIOM = json.dumps({"rows": [{"id": "a"}], "columns": [], "shape": [1, 0], "data": []}).encode()
GOOD = {
    "PDF": PDF,
    "JPEG": picture("JPEG"),
    "PNG": picture("PNG"),
    "CSV": b"\xef\xbb\xbfa;b\r\n1,5;2\r\n\r\n",
    "ZIP": archive({"folder/": b"", "folder/a.txt": b"a", "b.txt": b"b" * 1000}),
    "OBJ": b"# mesh\nv 0 0 0\nv 1 0 0.5e3\nv 0 1 0\nvn 0 0 1\nf 1//1 2//1 3//1\n",
    "MP4": box(b"ftyp", b"isom") + box(b"moov", b"x" * 20) + box(b"mdat", b"y" * 9),
    "NEWCK": b"(A:0.1,'a b''c':2e-1,(C,D)E:0.5)[comment]F;\n",
    "BIOM": BIOM,
    "STR": b'"a text"',
    "INT": b"3",
    "MPOI": json.dumps(KINDS["MPOI"].example).encode(),
}
BAD = [
    ("PDF", b"MZ" + PDF[8:], "begin"),
    ("PDF", PDF[:30], "cut off"),
    ("JPEG", picture("PNG"), "JPEG"),
    ("JPEG", picture("JPEG")[:-200], "whole"),
    ("PNG", picture("PNG")[:60], "whole"),
    ("PNG", b"<svg onload='alert(1)'/>", "PNG"),
    ("CSV", b"a,b\n1\n", "Line 2 has 1 cells; the first has 2"),
    ("CSV", b"\xff\xfe\x00a", "UTF-8"),
    ("CSV", b"a,b\n\x00,1\n", "not text|NUL"),
    ("CSV", b'a,b\n"1,2\n', "read|cells"),
    ("CSV", b"\n\n", "empty"),
    ("ZIP", b"PK\x03\x04nothing", "whole"),
    ("ZIP", archive({"../up.txt": b"x"}), "safe"),
    ("ZIP", archive({"/etc/passwd": b"x"}), "safe"),
    ("ZIP", archive({"a/../../b": b"x"}), "safe"),
    ("ZIP", archive({"c:\\b": b"x"}), "safe"),
    ("ZIP", archive({"a\nb": b"x"}), "safe"),
    ("ZIP", link_archive(), "link"),
    ("ZIP", overlapping_archive(), "bomb"),
    ("ZIP", archive({"zeros": bytes(150 * 2**20)}), "bomb"),
    ("OBJ", b"\x89PNG\r\n\x1a\n", "text"),
    ("OBJ", b"v 0 0\n", "three numbers"),
    ("OBJ", b"v 0 0 nan\n", "three numbers"),
    ("OBJ", b"hello there\n", "Line 1"),
    ("OBJ", b"# nothing\n", "no vertices"),
    ("MP4", box(b"ftyp") + box(b"mdat", b"x"), "movie"),
    ("MP4", (box(b"ftyp") + box(b"moov", b"x" * 50))[:-5], "whole"),
    ("NEWCK", b"(A,B", "ends with"),
    ("NEWCK", b"((A,B);", "brackets"),
    ("NEWCK", b"(A,B));", "brackets"),
    ("NEWCK", b"(A:x,B);", "length"),
    ("BIOM", b"[]", "rows"),
    ("BIOM", b"[" * 100_000, "BIOM"),
    ("BIOM", BIOM.replace(b"[1, 0]", b"[2, 0]"), "shape"),
    ("SQREG", b"SQLite format 3\0" + b"\0" * 100, "SQLite"),
    ("INT", b"3.5", "whole number"),
    ("INT", b"NaN", "must be|JSON"),
    ("JSON", b"[" * 100_000, "JSON|nested"),
    ("JSON", b"{'a': 1}", "not JSON"),
    ("JSON", b"1" * 10_000, "JSON|digits"),
    ("STR", b'"\xff"', "JSON"),
    ("IMG", b"x", "import"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize("kind", GOOD)
def test_good_files_are_taken(file: Path, kind: str) -> None:
    file.write_bytes(GOOD[kind])
    check_file(file, kind=kind)


def test_every_kind_of_file_is_tried_here() -> None:
    files = {kind.key for kind in KINDS.values() if kind.super_kind is SuperKind.FILE}
    assert files <= {*GOOD, "SQREG"}
    assert files <= {kind for kind, _, _ in BAD}


@pytest.mark.parametrize(("kind", "content", "words"), BAD)
def test_bad_files_are_refused_with_a_reason(
    file: Path, kind: str, content: bytes, words: str
) -> None:
    file.write_bytes(content)
    with pytest.raises(InvalidValue, match=words):
        check_file(file, kind=kind)


def test_an_sqlite_file_is_a_whole_number_of_pages(tmp_path: Path, file: Path) -> None:
    content = database(tmp_path / "db")
    file.write_bytes(content)
    check_file(file, kind="SQREG")
    file.write_bytes(content[:-100])
    with pytest.raises(InvalidValue, match="cut off"):
        check_file(file, kind="SQREG")


@pytest.mark.parametrize("kind", ["PDF", "CSV", "INT"])
def test_an_empty_file_is_no_value(file: Path, kind: str) -> None:
    file.touch()
    with pytest.raises(InvalidValue, match="empty"):
        check_file(file, kind=kind)


def test_a_file_that_is_too_large_is_not_opened(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(100 * 2**20)
    with pytest.raises(InvalidValue, match="at most 32 MiB"):
        check_file(file, kind="PNG")


def test_a_picture_that_says_it_is_huge_is_not_decoded(file: Path) -> None:
    content = bytearray(picture("PNG"))
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    file.write_bytes(content)
    with pytest.raises(InvalidValue):
        check_file(file, kind="PNG")


def test_a_child_says_the_same(file: Path) -> None:
    file.write_bytes(GOOD["PNG"])
    check_file_apart(file, kind="PNG")
    file.write_bytes(GOOD["JPEG"])
    with pytest.raises(InvalidValue, match="not a whole PNG picture"):
        check_file_apart(file, kind="PNG")


def test_a_child_applies_the_own_schema(file: Path) -> None:
    file.write_bytes(b'{"a": 1}')
    schema = {"properties": {"a": {"type": "string"}}}
    with pytest.raises(InvalidValue) as caught:
        check_file_apart(file, kind="JSON", schema=schema)
    assert caught.value.field == "a"


def test_a_file_that_takes_all_memory_ends_the_child_alone(file: Path) -> None:
    """A list of small lists: 60 MiB of text and far more than the child's memory as objects."""
    file.write_bytes(b"[" + b"[],[],{}," * 6_500_000 + b"0]")
    with pytest.raises(InvalidValue):
        check_file_apart(file, kind="JSON")
