"""Reading ranges from a folder and over HTTP, from servers that are sound and from others."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import httpx
import numpy as np
import pytest

from app.images.slices import HttpRange, LocalFile, PackError, SourceError, sources
from tests.images.slices.servers import FAULTS, Server

DATA = bytes(np.random.default_rng(5).integers(0, 256, 10_007, dtype=np.uint8))
Answer = TypeVar("Answer")


def reading(
    server: Server, work: Callable[[HttpRange], Awaitable[Answer]], *, url: str = ""
) -> Answer:
    """Do some work on a server's file in a loop of its own, with a deadline."""

    async def scenario() -> Answer:
        async with asyncio.timeout(20), httpx.AsyncClient(timeout=sources.TIMEOUT) as client:
            return await work(HttpRange(lambda: url or server.url, client=client))

    return asyncio.run(scenario())


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PAUSE", 0.001)


def test_local_file_reads_exactly(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(DATA)
    source = LocalFile(tmp_path / "file")
    assert source.size == len(DATA)
    assert source.read(17, 100) == DATA[17:117]
    with pytest.raises(SourceError):
        source.read(len(DATA) - 5, 6)
    source.close()
    source.close()
    with pytest.raises(SourceError):
        source.read(0, 1)


@pytest.mark.parametrize("wait", [True, False])
def test_local_file_fills_a_buffer(tmp_path: Path, wait: bool) -> None:
    (tmp_path / "file").write_bytes(DATA)
    source = LocalFile(tmp_path / "file")
    buffer = bytearray(200)
    assert source.read_into(memoryview(buffer)[50:150], 17, wait=wait)
    assert buffer == bytes(50) + DATA[17:117] + bytes(50)
    with pytest.raises(SourceError):
        source.read_into(memoryview(buffer), len(DATA) - 5)
    source.close()
    with pytest.raises(SourceError):
        source.read_into(memoryview(buffer), 0)


def test_a_missing_file_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        LocalFile(tmp_path / "nothing")


def test_http_ranges() -> None:
    async def work(source: HttpRange) -> None:
        assert await source(0, 10) == DATA[:10]
        assert await source(9_000, 1_007) == DATA[9_000:]

    with Server(DATA) as server:
        reading(server, work)


def test_the_address_is_asked_for_every_time() -> None:
    asked: list[str] = []

    async def scenario(server: Server) -> None:
        def url() -> str:
            asked.append(f"{server.url}?signature={len(asked)}")
            return asked[-1]

        async with httpx.AsyncClient() as client:
            source = HttpRange(url, client=client)
            await source(0, 10)
            await source(10, 10)

    with Server(DATA) as server:
        asyncio.run(scenario(server))
    assert len(asked) == 2


@pytest.mark.parametrize("mode", ["ignores ranges", "refuses", "sends more", "sends another range"])
def test_a_server_that_does_not_serve_the_range(mode: str) -> None:
    with Server(DATA, mode) as server, pytest.raises(SourceError):
        reading(server, lambda source: source(100, 50))
    assert len(server.asked) <= 1


def test_a_file_that_is_not_there() -> None:
    with Server(DATA, "knows nothing") as server, pytest.raises(PackError, match="not stored"):
        reading(server, lambda source: source(100, 50))


def test_a_server_that_is_gone() -> None:
    server = Server(DATA)
    server.stop()
    with pytest.raises(SourceError, match="cannot be reached"):
        reading(server, lambda source: source(0, 1))


def test_a_server_that_is_busy_is_asked_again() -> None:
    with Server(DATA, "is busy") as server:
        assert reading(server, lambda source: source(100, 50)) == DATA[100:150]
    assert len(server.asked) == FAULTS + 1


def test_an_answer_that_breaks_off_is_gone_on_with() -> None:
    with Server(DATA, "breaks off") as server:
        assert reading(server, lambda source: source(100, 4)) == DATA[100:104]
    assert server.asked == [(100, 103), (102, 103), (103, 103)]


def test_a_server_that_hangs_up_at_once_is_given_up() -> None:
    with Server(DATA, "hangs up") as server, pytest.raises(SourceError):
        reading(server, lambda source: source(0, 5000))
    assert len(server.asked) == sources.ATTEMPTS


def test_a_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "DEADLINE", 0.3)
    with Server(DATA, "hangs") as server:
        with pytest.raises(SourceError, match="too slow"):
            reading(server, lambda source: source(0, 5000))
        assert server.left.acquire(timeout=10)


def test_a_request_that_is_cancelled_ends() -> None:
    async def work(source: HttpRange) -> None:
        task = asyncio.ensure_future(source(0, 5000))
        assert await asyncio.to_thread(server.hanging.acquire, timeout=10)
        task.cancel()
        assert await asyncio.to_thread(server.left.acquire, timeout=10)

    with Server(DATA, "hangs") as server:
        reading(server, work)
