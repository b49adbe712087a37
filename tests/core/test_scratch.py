"""Temporary folders of living processes stay, those of killed ones go."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from app.core.scratch import scratch_file, scratch_folder, sweep_scratch

WORK = """
import os, time
from app.core.scratch import scratch_file, scratch_folder
with scratch_folder("test") as folder, scratch_file(suffix=".json") as file:
    (folder / "patient.mha").write_text("voxels")
    os.write(1, f"{folder}\\n{file.name}\\n".encode())
    time.sleep(100)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def make_older(place: Path) -> None:
    for path in place.iterdir():
        os.utime(path, times=(time.time() - 60, time.time() - 60))


def test_it_is_gone_at_the_end(place: Path) -> None:
    with scratch_folder("test") as folder, scratch_file(suffix=".json") as file:
        (folder / "x").write_text("x")
        file.write("{}")
        make_older(place)
        assert sweep_scratch() == 0
        assert folder.is_dir()
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_swept(place: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WORK], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        made = [Path(process.stdout.readline().decode().strip()) for _ in range(2)]
        make_older(place)
        assert sweep_scratch() == 0
        process.kill()
    assert all(path.exists() for path in made)
    assert sweep_scratch() == 2
    assert list(place.iterdir()) == []


def test_what_was_just_made_and_what_is_not_ours_stays(place: Path) -> None:
    (place / "hounsfield-work-new").mkdir()
    (place / "another").mkdir()
    assert sweep_scratch() == 0
