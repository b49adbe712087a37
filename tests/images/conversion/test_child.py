"""The conversion process: every file accounted for, whatever happens to the child."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from isal import isal_zlib

from app.images.conversion import Limits
from app.images.conversion.child import ConversionReport, Settled, run_conversion
from app.images.conversion.connected import connected
from app.images.conversion.model import Group
from tests.images.conversion.conftest import pixels_of
from tests.synthetic import dicom

WRAPPER = """
import os, signal, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
for line in child.stdout:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    if b'"working"' in line and b"poison" in line:
        child.kill()
        os.kill(os.getpid(), signal.SIGSEGV)
sys.exit(child.wait())
"""


def _accounted(report: ConversionReport) -> list[str]:
    sources = [str(source) for image in report.images for source in image.sources]
    return sorted(sources + [str(issue.file) for issue in report.issues])


def _series(folder: Path, *, seed: int = 3) -> list[Path]:
    return dicom.save(dicom.classic(dicom.volume(seed=seed)), folder)


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def poisoned(tmp_path: Path) -> list[str]:
    """A command to run children under that dies of the file named poison.dcm."""
    script = tmp_path / "wrapper.py"
    script.write_text(WRAPPER)
    return [sys.executable, str(script)]


def test_every_file_is_accounted_for_once(tmp_path: Path) -> None:
    source = tmp_path / "in"
    _series(source / "a")
    _series(source / "b", seed=4)
    (source / "note.txt").write_text("no image")
    (source / "empty.dcm").touch()
    progress: list[tuple[int, int]] = []
    report = run_conversion(
        source, tmp_path / "out", on_progress=lambda done, total: progress.append((done, total))
    )
    assert len(report.images) == 2
    assert {str(issue.file): issue.code for issue in report.issues} == {
        "note.txt": "UnknownFormat", "empty.dcm": "EmptyFile",
    }  # fmt: skip
    assert _accounted(report) == _files(source)
    assert progress[-1] == (12, 12)
    assert sorted(os.listdir(tmp_path / "out")) == sorted(i.path.name for i in report.images)


def test_the_image_is_the_one_reported(tmp_path: Path) -> None:
    _series(tmp_path / "in")
    (image,) = run_conversion(tmp_path / "in", tmp_path / "out").images
    assert np.array_equal(pixels_of(image), dicom.volume().astype(int) - 1024)
    assert (image.size, image.modality, image.element_type) == ((10, 12, 5), "CT", "int16")


def test_archives_are_replaced_by_what_is_in_them(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    paths = _series(tmp_path / "made")
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("deep.txt", b"no image")
    with zipfile.ZipFile(source / "upload.zip", "w") as archive:
        for path in paths:
            archive.write(path, f"study/{path.name}")
        archive.writestr("../escape.dcm", b"bad")
        archive.write(inner, "inner.zip")
    report = run_conversion(source, tmp_path / "out")
    assert [len(image.sources) for image in report.images] == [5]
    assert {str(issue.file): issue.code for issue in report.issues} == {
        "upload.zip/../escape.dcm": "UnsafeArchive",
        "upload.zip/inner.zip/deep.txt": "UnknownFormat",
    }
    assert str(report.images[0].sources[0]) == "upload.zip/study/0000.dcm"
    assert sorted(os.listdir(tmp_path / "out")) == [report.images[0].path.name]


def test_a_poison_file_takes_nobody_with_it(tmp_path: Path, poisoned: list[str]) -> None:
    source = tmp_path / "in"
    _series(source / "a")
    _series(source / "z", seed=4)
    shutil.copy(source / "a/0000.dcm", source / "poison.dcm")
    report = run_conversion(source, tmp_path / "out", prefix=poisoned)
    assert {str(issue.file): issue.code for issue in report.issues} == {"poison.dcm": "Crashed"}
    assert len(report.images) == 2
    assert report.restarts == 1
    assert _accounted(report) == _files(source)


def test_many_poison_files_end_the_run_with_a_reason_for_each(
    tmp_path: Path, poisoned: list[str]
) -> None:
    source = tmp_path / "in"
    paths = _series(source)
    for index in range(5):
        shutil.copy(paths[0], source / f"{index}-poison.dcm")
    report = run_conversion(source, tmp_path / "out", prefix=poisoned, limits=Limits(restarts=2))
    codes = [issue.code for issue in report.issues]
    assert codes.count("Crashed") == 3
    assert set(codes) == {"Crashed", "NotReached"}
    assert _accounted(report) == _files(source)


def test_out_of_time_every_file_gets_a_reason(tmp_path: Path) -> None:
    _series(tmp_path / "in")
    report = run_conversion(tmp_path / "in", tmp_path / "out", limits=Limits(wall_seconds=0.0))
    assert {issue.code for issue in report.issues} == {"NotReached"}
    assert len(report.issues) == 5
    assert list((tmp_path / "out").iterdir()) == []


def test_a_child_that_talks_nonsense_is_not_believed(tmp_path: Path) -> None:
    _series(tmp_path / "in")
    lines = [
        {"working": ["0000.dcm"]},
        {"image": "../in/0000.dcm", "sources": ["0000.dcm"]},
    ]
    script = tmp_path / "liar.py"
    script.write_text(
        f"import sys\nsys.stdout.write({chr(10).join(map(json.dumps, lines))!r} + chr(10))"
    )
    report = run_conversion(
        tmp_path / "in", tmp_path / "out", prefix=[sys.executable, str(script)],
        limits=Limits(restarts=0),
    )  # fmt: skip
    assert report.images == []
    assert {str(issue.file): issue.code for issue in report.issues}["0000.dcm"] == "Crashed"
    assert len(report.issues) == 5


def test_a_deflate_bomb_ends_at_the_memory_limit(tmp_path: Path) -> None:
    source = tmp_path / "in"
    _series(source)
    made = dicom.picture(np.zeros((64, 64), np.uint8))
    made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    made.save_as(source / "bomb.dcm", enforce_file_format=True)
    raw = (source / "bomb.dcm").read_bytes()
    data_set = 144 + int.from_bytes(raw[140:144], "little")
    stream = isal_zlib.compressobj(3, zlib.DEFLATED, -15)
    bomb = b"".join(stream.compress(bytes(64 << 20)) for _ in range(18)) + stream.flush()
    (source / "bomb.dcm").write_bytes(raw[:data_set] + bomb)
    report = run_conversion(source, tmp_path / "out", limits=Limits(address_space=1 << 30))
    assert {str(issue.file): issue.code for issue in report.issues} == {"bomb.dcm": "TooLarge"}
    assert len(report.images) == 1


def test_the_child_sees_none_of_the_callers_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "sentinel")
    _series(tmp_path / "in")
    script = tmp_path / "spy.py"
    script.write_text(
        "import json, os, subprocess, sys\n"
        f"open({str(tmp_path / 'seen.json')!r}, 'w').write(json.dumps(dict(os.environ)))\n"
        "sys.exit(subprocess.call(sys.argv[1:]))\n"
    )
    report = run_conversion(tmp_path / "in", tmp_path / "out", prefix=[sys.executable, str(script)])
    assert len(report.images) == 1
    assert "sentinel" not in (tmp_path / "seen.json").read_text()


def test_by_hand_it_prints_json_lines(tmp_path: Path) -> None:
    _series(tmp_path / "in")
    ended = subprocess.run(
        [sys.executable, "-m", "app.images.conversion", "--input", tmp_path / "in",
         "--output", tmp_path / "out"],
        capture_output=True, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0
    (image,) = (line for line in lines if "image" in line)
    assert image["sources"] == [f"000{i}.dcm" for i in range(5)]
    assert (tmp_path / "out" / image["image"]).is_file()
    assert lines[-1] == {"progress": 5, "total": 5}


def test_results_come_as_they_are_settled_and_known_files_are_left_out(tmp_path: Path) -> None:
    source = tmp_path / "in"
    _series(source / "a")
    _series(source / "b", seed=4)
    (source / "note.txt").write_text("no image")
    done = [name for name in _files(source) if name.startswith("a/")]
    pieces: list[Settled] = []
    looked: list[tuple[int, int]] = []
    report = run_conversion(
        source,
        tmp_path / "out",
        skip=done,
        on_settled=pieces.append,
        on_look=lambda number, total: looked.append((number, total)),
    )
    assert [(len(piece.images), len(piece.issues)) for piece in pieces] == [(1, 1)]
    assert _accounted(report) == sorted(set(_files(source)) - set(done))
    assert looked[-1] == (6, 11)


def test_what_a_listener_raises_ends_the_conversion(tmp_path: Path) -> None:
    _series(tmp_path / "in")

    def refuse(settled: Settled) -> None:
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        run_conversion(tmp_path / "in", tmp_path / "out", on_settled=refuse)


def test_groups_that_share_files_are_settled_together() -> None:
    a, b, c, d = (Path(name) for name in "abcd")
    first, second = Group("stack", (a, b)), Group("stack", (c,))
    third, fourth = Group("stack", (b, d)), Group("stack", (d,))
    assert connected([first, second, third, fourth]) == [[first, third, fourth], [second]]
