"""`manage.py convert`: local files in, images and a report out, without a database."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from app.images.conversion.child import run_conversion
from tests.data import DATA
from tests.images.conversion.conftest import sitk
from tests.synthetic import dicom

ROOT = Path(__file__).resolve().parents[3]
POISON = """
import os, sys
import app.images.conversion.run as run
from app.images.conversion.__main__ import main
convert = run.convert
def die_of_poison(group, *args, **kwargs):
    if any("poison" in file.name for file in group.files):
        os.kill(os.getpid(), 9)
    return convert(group, *args, **kwargs)
run.convert = die_of_poison
sys.argv = sys.argv[3:]
sys.exit(main())
"""
TINY = (
    b"ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementSpacing = 1 1\n"
    b"ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
) + bytes(4)


def _run(*arguments: object) -> str:
    out = io.StringIO()
    call_command("convert", *map(str, arguments), stdout=out)
    return out.getvalue()


def _lines(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _run(*arguments, "--json").splitlines()]


def _series(folder: Path, *, seed: int = 3) -> list[Path]:
    return dicom.save(dicom.classic(dicom.volume(seed=seed)), folder)


def test_a_header_alone_brings_its_data_file_along(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.raw").write_bytes(bytes(4))
    (source / "a.mhd").write_bytes(TINY[:-4].replace(b"LOCAL", b"a.raw"))
    (line,) = _lines(source / "a.mhd", "--output", tmp_path / "out")
    assert line["sources"] == [str(source / "a.mhd"), str(source / "a.raw")]


def _process(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "config.settings.default",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "convert", *map(str, arguments)]
    return subprocess.Popen(command, env=environment, **options)


def _descendants(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    children = [int(part) for part in text.split()]
    return children + [inner for child in children for inner in _descendants(child)]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder with two series, an archive with a third, and files that are no images."""
    folder = tmp_path / "mixed"
    _series(folder / "first")
    _series(folder / "second", seed=4)
    with tarfile.open(folder / "third.tar.gz", "w:gz") as archive:
        for path in _series(tmp_path / "made", seed=5):
            archive.add(path, f"study/{path.name}")
    (folder / "note.txt").write_text("no image")
    (folder / "empty.dcm").touch()
    return folder


def test_it_needs_no_database(tmp_path: Path, mixed: Path) -> None:
    process = _process(
        mixed, "--output", tmp_path / "out", "--json", stdout=subprocess.PIPE, cwd=tmp_path
    )
    out, _ = process.communicate()
    assert process.returncode == 0
    assert len([line for line in out.splitlines() if b'"image"' in line]) == 3


def test_an_image_is_reported_with_its_geometry(tmp_path: Path) -> None:
    paths = _series(tmp_path / "ct")
    (line,) = _lines(tmp_path / "ct", "--output", tmp_path / "out")
    assert line == {
        "image": str(tmp_path / "out" / "ct.mha"),
        "sources": [str(path) for path in paths],
        "size": [10, 12, 5],
        "spacing": [0.5, 0.8, 2.5],
        "origin": [-10.0, -20.0, 30.0],
        "direction": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "type": "int16",
        "remarks": [],
    }
    found = sitk.GetArrayFromImage(sitk.ReadImage(line["image"]))
    assert np.array_equal(found, dicom.volume().astype(int) - 1024)


def test_every_file_is_named_as_it_was_given(
    tmp_path: Path, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mixed.parent)
    lines = _lines("./mixed/", "mixed/first/0000.dcm", "--output", "out")
    sources = [source for line in lines if "image" in line for source in line["sources"]]
    codes = {line["file"]: line["code"] for line in lines if "file" in line}
    assert codes == {"./mixed/note.txt": "UnknownFormat", "./mixed/empty.dcm": "EmptyFile"}
    assert sorted(sources) == sorted(
        f"./mixed/{folder}/000{i}.dcm"
        for folder in ("first", "second", "third.tar.gz/study")
        for i in range(5)
    )


def test_a_series_may_be_spread_over_inputs(tmp_path: Path) -> None:
    paths = _series(tmp_path / "a")
    (tmp_path / "b").mkdir()
    moved = paths[2].rename(tmp_path / "b" / "slice.dcm")
    (line,) = _lines(tmp_path / "a", moved, "--output", tmp_path / "out")
    assert line["size"] == [10, 12, 5]


def test_a_link_that_is_given_is_followed_and_one_that_is_found_is_not(tmp_path: Path) -> None:
    (tmp_path / "real.mha").write_bytes(TINY)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "found.mha").symlink_to(tmp_path / "real.mha")
    (tmp_path / "given.mha").symlink_to(tmp_path / "real.mha")
    image, issue = _lines(tmp_path / "in", tmp_path / "given.mha", "--output", tmp_path / "out")
    assert image["sources"] == [str(tmp_path / "given.mha")]
    assert (issue["file"], issue["code"]) == (str(tmp_path / "in" / "found.mha"), "UnsafePath")


def test_several_processes_make_what_one_makes(tmp_path: Path, mixed: Path) -> None:
    found = {}
    for jobs in (1, 3):
        output = tmp_path / "out"
        text = _run(mixed, "--output", output, "--jobs", jobs, "--json")
        found[jobs] = text, {path.name: path.read_bytes() for path in output.iterdir()}
        shutil.rmtree(output)
    assert found[1] == found[3]
    assert len(found[1][1]) == 3


def test_names_that_are_taken_are_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "a.mha").write_text("mine")
    (tmp_path / "a.mha").write_bytes(TINY)
    (line,) = _lines(tmp_path / "a.mha", "--output", output)
    assert line["image"] == str(output / "a-2.mha")
    assert (output / "a.mha").read_text() == "mine"


def test_images_of_an_earlier_run_are_no_input(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.mha").write_bytes(TINY)
    output = folder / "out"
    assert len(_lines(folder, "--output", output)) == 1
    assert len(_lines(folder, "--output", output)) == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_kills_a_process_is_named(tmp_path: Path, jobs: int) -> None:
    files = {f"{i}.mha": tmp_path / f"{i}.mha" for i in range(4)}
    files["poison.mha"] = tmp_path / "poison.mha"
    files["poison-2.mha"] = tmp_path / "poison-2.mha"
    for path in files.values():
        path.write_bytes(TINY)
    script = tmp_path / "poison.py"
    script.write_text(POISON)
    report = run_conversion(
        files, tmp_path / "out", jobs=jobs, prefix=[sys.executable, str(script)]
    )
    assert sorted(str(image.sources[0]) for image in report.images) == [
        f"{i}.mha" for i in range(4)
    ]
    assert {str(issue.file): issue.code for issue in report.issues} == {
        "poison.mha": "Crashed",
        "poison-2.mha": "Crashed",
    }
    assert sorted(os.listdir(tmp_path / "out")) == sorted(i.path.name for i in report.images)


def test_the_table_says_what_to_do(tmp_path: Path, mixed: Path) -> None:
    text = _run(mixed, "--output", tmp_path / "out")
    assert "10 x 12 x 5" in text
    assert "0.5 x 0.8 x 2.5 mm" in text
    assert "EmptyFile: The file is empty." in text
    assert "Advice: Upload the file again" in text
    assert "3 image(s) made of 15 file(s). 2 file(s) could not be used." in text


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path / "in") + b"/\xff\xfe.txt"
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(name)).write_text("no image")
    assert "UnknownFormat" in _run(tmp_path / "in", "--output", tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent", "--output", "out"], "There is no 'absent'."),
        (["a.mha", "--output", "a.mha"], "'a.mha' is no folder."),
        (["a.mha"], "--output"),
        (["--output", "out"], "INPUT"),
        (["a.mha", "--output", "out", "--jobs", "0"], "number from 1"),
        (["a.mha", "--output", "out", "--tilt", "ignore"], "invalid choice"),
        ([".", "--output", "."], "is an input"),
    ],
)
def test_wrong_usage_is_explained(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mha").write_bytes(TINY)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError) as caught:
        _run(*arguments)
    assert said in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == ["a.mha"]


def test_wrong_usage_ends_with_2(tmp_path: Path) -> None:
    process = _process("absent", "--output", "out", cwd=tmp_path, stderr=subprocess.PIPE)
    _, said = process.communicate()
    assert process.returncode == 2
    assert b"There is no 'absent'" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(3000):
        (folder / f"{i}.mha").write_bytes(TINY)
    ours, theirs = pty.openpty()
    process = _process(
        folder, "--output", tmp_path / "out", "--jobs", 2, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    while b"of 3000 files" not in os.read(ours, 4096):
        pass
    started = [os.pidfd_open(pid) for pid in _descendants(process.pid)]
    process.send_signal(number)
    out, _ = process.communicate()
    os.close(ours)
    assert (process.returncode, out) == (130, b"")
    assert len(started) == 3
    for ended in started:  # readable once the process is gone
        assert select.select([ended], [], [], 20)[0] == [ended]
        os.close(ended)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="no ../shared/data")
def test_a_tilt_is_straightened_on_request(tmp_path: Path) -> None:
    assert DATA is not None
    folder = DATA / "ct_gantry_tilt"
    refused = _lines(folder, "--output", tmp_path / "refused")
    assert {line["code"] for line in refused} == {"GantryTilt"}
    (image,) = _lines(folder, "--output", tmp_path / "sheared", "--tilt", "shear")
    assert len(image["sources"]) == 4
