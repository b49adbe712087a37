"""Little disk space is said before a job waits for it."""

from pathlib import Path

import pytest

from config.local import room


def test_little_room_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "ROOM", 2**62)
    assert "HOUNSFIELD_HOME" in room.lack_of_room(tmp_path)


def test_room_enough_is_no_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROOM", 1)
    assert room.lack_of_room(tmp_path) == ""
