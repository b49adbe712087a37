"""Emptying a folder between two cases, without a container."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.execution.executors import sweeping
from app.execution.executors.sweeping import Sweeper, Unswept


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    place = tmp_path / "outside"
    place.mkdir()
    (place / "precious").write_text("stays")
    return place


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    place = tmp_path / "swept"
    place.mkdir()
    return place


@pytest.fixture
def descriptor(swept: Path) -> Iterator[int]:
    found = os.open(swept, os.O_RDONLY)
    yield found
    os.close(found)


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_everything_goes_and_nothing_is_followed(
    swept: Path, descriptor: int, outside: Path
) -> None:
    sweeper = Sweeper(descriptor)
    (swept / "file").write_text("x")
    (swept / "link").symlink_to(outside)
    (swept / "to file").symlink_to(outside / "precious")
    os.link(outside / "precious", swept / "hard")
    os.mkfifo(swept / "pipe")
    inner = swept / "a" / "b\nc"
    inner.mkdir(parents=True)
    (inner / "link").symlink_to(outside)
    (inner / ".hidden").write_text("x")
    (swept / os.fsdecode(b"\xff\xfe")).write_text("x")
    inner.chmod(0)
    sweeper.sweep()
    assert names(swept) == set()
    assert (outside / "precious").read_text() == "stays"
    sweeper.sweep()


def test_depth_costs_nothing(swept: Path, descriptor: int) -> None:
    sweeper = Sweeper(descriptor)
    current = os.dup(descriptor)
    for _ in range(1500):
        os.mkdir("d", dir_fd=current)
        deeper = os.open("d", os.O_RDONLY, dir_fd=current)
        os.close(current)
        current = deeper
    os.close(current)
    sweeper.sweep()
    assert os.listdir(swept) == []


def test_what_was_there_stays_until_it_is_changed(swept: Path, descriptor: int) -> None:
    own = swept / "own"
    own.mkdir()
    for name in ("kept", "changed", "replaced", "linked", "removed"):
        (own / name).write_text("start")
    (swept / "empty").mkdir()
    sweeper = Sweeper(descriptor)
    (own / "changed").write_text("case's")
    (own / "replaced").unlink()
    (own / "replaced").write_text("case's")
    os.link(own / "linked", swept / "second name")
    (own / "removed").unlink()
    (own / "new").write_text("case's")
    (swept / "empty" / "new").mkdir()
    (own / "moved").mkdir()
    sweeper.sweep()
    assert names(swept) == {"own", "own/kept", "empty"}
    sweeper.sweep()
    assert names(swept) == {"own", "own/kept", "empty"}


def test_too_much_is_not_swept(
    swept: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "_MOST_REMOVED", 5)
    monkeypatch.setattr(sweeping, "_MOST_KEPT", 5)
    sweeper = Sweeper(descriptor)
    for number in range(20):
        (swept / str(number)).touch()
    with pytest.raises(Unswept, match="too many files"):
        sweeper.sweep()


def test_a_start_that_left_too_much_is_not_remembered(swept: Path, descriptor: int) -> None:
    deep = swept
    for _ in range(40):
        deep = deep / "d"
    deep.mkdir(parents=True)
    with pytest.raises(Unswept, match="of its own"):
        Sweeper(descriptor)
