"""Temporary folders go when their process does, however it ends; other people's stay."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.scratch import PREFIX, hold, is_held, scratch_folder, sweep_scratch
from config.local.home import REPOSITORY

WORK = """
import sys
from app.core.scratch import scratch_folder

with scratch_folder("work") as folder:
    (folder / "half").write_text("done")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield tmp_path
    tempfile.tempdir = None


def test_it_is_there_for_the_block_only(temp: Path) -> None:
    with scratch_folder("value") as folder:
        assert folder.parent == temp
        assert folder.name.startswith(f"{PREFIX}value-")
        assert is_held(folder)
        assert sweep_scratch(min_age=0) == []
    assert list(temp.iterdir()) == []
    assert not is_held(folder)


def test_what_a_killed_process_left_is_swept_and_not_before(temp: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORK],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdout is not None
        folder = Path(worker.stdout.readline().strip())
        assert sweep_scratch(min_age=0) == [], "it lives"
        worker.kill()
        worker.wait()
    assert (folder / "half").exists()
    assert sweep_scratch() == [], "it may just be coming into being"
    assert sweep_scratch(min_age=0) == [folder.name]
    assert list(temp.iterdir()) == []


def test_what_is_not_ours_stays(temp: Path) -> None:
    (temp / "hounsfield-other").mkdir()
    (temp / f"{PREFIX}file").touch()
    target = temp / "target"
    target.mkdir()
    (temp / f"{PREFIX}link").symlink_to(target)
    assert sweep_scratch(min_age=0) == []
    assert len(list(temp.iterdir())) == 4


def test_a_holder_keeps_a_folder_that_is_renamed(temp: Path) -> None:
    first, second = temp / "first", temp / "second"
    first.mkdir()
    holder = hold(first)
    first.rename(second)
    assert is_held(second)
    os.close(holder)
    assert not is_held(second)
