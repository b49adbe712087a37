"""Archives from strangers."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.images.conversion import Limits
from app.images.conversion.archives import Unpacked, unpack

Fill = Callable[[zipfile.ZipFile], None]


def _zip(tmp_path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def _tar(tmp_path: Path, *members: tarfile.TarInfo, mode: str = "w:gz") -> Path:
    path = tmp_path / "upload.tar.gz"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def _member(name: str, **attributes: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = 3
    for key, value in attributes.items():
        setattr(member, key, value)
    return member


def _names(found: Unpacked, dest: Path) -> list[str]:
    return sorted(str(path.relative_to(dest)) for path in found.files)


def _all_below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_plain_files_come_out(tmp_path: Path) -> None:
    archive = _zip(tmp_path, ("a.dcm", b"one"), ("study/ü b.dcm", b"two"), ("empty/", b""))
    found = unpack(archive, tmp_path / "out")
    assert _names(found, tmp_path / "out") == ["a.dcm", "study/ü b.dcm"]
    assert found.issues == []
    assert (tmp_path / "out/study/ü b.dcm").read_bytes() == b"two"


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_tar_too(mode: str, tmp_path: Path) -> None:
    found = unpack(_tar(tmp_path, _member("a/b.dcm"), mode=mode), tmp_path / "out")
    assert _names(found, tmp_path / "out") == ["a/b.dcm"]


HOSTILE = [
    "../outside.dcm", "a/../../outside.dcm", "/etc/outside.dcm", "C:\\outside.dcm",
    "..\\outside.dcm", "\\\\host\\outside.dcm", "a/\x1b[31m.dcm", "x" * 300, "/".join("a" * 40),
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_hostile_names_are_reported_and_never_used(kind: str, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    if kind == "zip":
        archive = _zip(folder, (name, b"bad"), ("good.dcm", b"good"))
    else:
        archive = _tar(folder, _member(name), _member("good.dcm"))
    before = _all_below(tmp_path)
    found = unpack(archive, tmp_path / "out")
    assert _names(found, tmp_path / "out") == ["good.dcm"]
    assert [issue.code for issue in found.issues] == ["UnsafeArchive"]
    assert found.issues[0].file == archive
    assert found.issues[0].entry.isprintable()
    created = _all_below(tmp_path) - before
    assert created == {tmp_path / "out", tmp_path / "out/good.dcm"}


def test_junk_is_left_out_by_name(tmp_path: Path) -> None:
    archive = _zip(
        tmp_path, ("__MACOSX/a.dcm", b"x"), (".DS_Store", b"x"), ("s/._a.dcm", b"x"), ("a", b"x")
    )
    found = unpack(archive, tmp_path / "out")
    assert _names(found, tmp_path / "out") == ["a"]
    said = {(issue.code, issue.entry) for issue in found.issues}
    assert said == {("SystemFile", name) for name in ("__MACOSX/a.dcm", ".DS_Store", "s/._a.dcm")}


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.dcm", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.dcm", b"second")
    found = unpack(path, tmp_path / "out")
    assert [issue.code for issue in found.issues] == ["UnsafeArchive"]
    assert (tmp_path / "out/a.dcm").read_bytes() == b"first"


def test_links_in_zip_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.dcm")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    found = unpack(_zip(tmp_path, (link, b"/etc/hostname")), tmp_path / "out")
    assert [issue.code for issue in found.issues] == ["UnsafeArchive"]
    assert found.files == []


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_tar_are_refused(kind: bytes, tmp_path: Path) -> None:
    member = _member("x.dcm", type=kind, linkname="/etc/hostname", size=0)
    found = unpack(_tar(tmp_path, member), tmp_path / "out")
    assert [issue.code for issue in found.issues] == ["UnsafeArchive"]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    archive = _zip(tmp_path, ("bomb.raw", bytes(4 << 20)), ("good.dcm", b"good"))
    limits = Limits(archive_ratio_floor=1 << 20)
    found = unpack(archive, tmp_path / "out", limits)
    assert [(issue.code, issue.entry) for issue in found.issues] == [("TooLarge", "bomb.raw")]
    assert _names(found, tmp_path / "out") == ["good.dcm"]


def test_a_tar_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    archive = _tar(tmp_path, _member("bomb.raw", size=4 << 20))
    found = unpack(archive, tmp_path / "out", Limits(archive_ratio_floor=1 << 20))
    assert [issue.code for issue in found.issues] == ["TooLarge"]
    assert found.files == []


@pytest.mark.parametrize(
    "limits", [Limits(archive_entries=2), Limits(archive_bytes=25)], ids=["entries", "bytes"]
)
def test_an_archive_stops_at_its_budget(limits: Limits, tmp_path: Path) -> None:
    archive = _zip(tmp_path, *((f"{i}.dcm", b"ten bytes!") for i in range(5)))
    found = unpack(archive, tmp_path / "out", limits)
    assert len(found.files) == 2
    assert [issue.code for issue in found.issues] == ["TooLarge"]


def test_an_entry_larger_than_it_declares_is_refused(tmp_path: Path) -> None:
    archive = _zip(tmp_path, ("liar.dcm", b"y" * 5000))
    raw = bytearray(archive.read_bytes())
    central = raw.index(b"PK\x01\x02")
    struct.pack_into("<I", raw, central + 24, 10)
    archive.write_bytes(raw)
    found = unpack(archive, tmp_path / "out")
    assert [issue.code for issue in found.issues] == ["UnsafeArchive"]
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) == 0


def test_entries_that_share_bytes_are_refused(tmp_path: Path) -> None:
    archive = _zip(tmp_path, ("a.dcm", bytes(range(256)) * 8))
    raw = archive.read_bytes()
    central, end = raw.index(b"PK\x01\x02"), raw.index(b"PK\x05\x06")
    entry = raw[central:end]
    count = 40
    tail = bytearray(raw[end:])
    struct.pack_into("<HHII", tail, 8, count, count, len(entry) * count, central)
    archive.write_bytes(raw[:central] + entry * count + bytes(tail))
    found = unpack(archive, tmp_path / "out")
    assert {issue.code for issue in found.issues} == {"UnsafeArchive"}


def test_a_password_is_named(tmp_path: Path) -> None:
    archive = _zip(tmp_path, ("secret.dcm", b"secret"))
    raw = bytearray(archive.read_bytes())
    struct.pack_into("<H", raw, 6, 1)
    struct.pack_into("<H", raw, raw.index(b"PK\x01\x02") + 8, 1)
    archive.write_bytes(raw)
    found = unpack(archive, tmp_path / "out")
    assert [issue.code for issue in found.issues] == ["UnsupportedArchive"]


@pytest.mark.parametrize("kept", [0.3, 0.8])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_truncated_archive_is_named(kind: str, kept: float, tmp_path: Path) -> None:
    data = bytes(range(256)) * 64
    archive = _zip(tmp_path, ("a.dcm", data)) if kind == "zip" else _tar(tmp_path, _member("a"))
    raw = archive.read_bytes()
    archive.write_bytes(raw[: int(len(raw) * kept)])
    found = unpack(archive, tmp_path / "out")
    assert {issue.code for issue in found.issues} == {"UnsafeArchive"}


def test_an_empty_archive_is_named(tmp_path: Path) -> None:
    found = unpack(_zip(tmp_path), tmp_path / "out")
    assert [issue.code for issue in found.issues] == ["EmptyArchive"]
