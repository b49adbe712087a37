"""Reading forward without copying, and ahead in another thread."""

from __future__ import annotations

import io
import threading

import pytest

from app.execution.contract.forward import CHUNK, AheadReader, ForwardFile, read_fully


class Broken:
    """A source that gives something and then fails."""

    def __init__(self, first: bytes) -> None:
        self._first = first

    def read(self, size: int = -1, /) -> bytes:
        first, self._first = self._first, b""
        if not first:
            raise OSError("the disk is gone")
        return first


class Endless:
    """A source that never ends."""

    def read(self, size: int = -1, /) -> bytes:
        return bytes(size)


def test_skipping_and_reading_see_the_same_bytes() -> None:
    content = bytes(range(256)) * (CHUNK // 64)
    file = ForwardFile(io.BytesIO(content))
    assert file.read(10) == content[:10]
    assert file.seek(CHUNK + 5) == CHUNK + 5
    assert file.read(CHUNK) == content[CHUNK + 5 : 2 * CHUNK + 5]
    assert file.seek(10**9) == len(content)
    assert file.read(1) == b""
    with pytest.raises(OSError, match="forward"):
        file.seek(0)


def test_what_was_read_ahead_arrives_in_order() -> None:
    content = bytes(range(256)) * (CHUNK // 32)
    with AheadReader(io.BytesIO(content)) as ahead:
        assert read_fully(ahead, len(content) + 1) == content


def test_trouble_of_the_source_comes_after_what_came_before_it() -> None:
    with AheadReader(Broken(b"first")) as ahead:
        assert ahead.read() == b"first"
        for _ in range(2):
            with pytest.raises(OSError, match="gone"):
                ahead.read()


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()
    with AheadReader(Endless()) as ahead:
        assert ahead.read(3) == bytes(3)
    assert threading.active_count() == before
