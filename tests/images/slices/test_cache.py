"""Blocks of far files: shared, bounded, fetched once, ahead of time, and given up when unwanted."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.images.slices import (
    NO_LEVEL,
    BlockCache,
    DiskBlocks,
    FarFile,
    FarPack,
    HttpRange,
    PackError,
    ReadAhead,
    SourceError,
    Span,
    write_pack,
)
from app.images.slices.cache import BLOCK, RUN, runs, urgent_runs
from app.images.slices.codestream import decode_slice
from tests.images.slices.conftest import WriteMha
from tests.images.slices.servers import Server

DATA = bytes(np.random.default_rng(5).integers(0, 256, 40 * BLOCK + 77, dtype=np.uint8))


def run(scenario: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(20):
            await scenario

    asyncio.run(limited())


class Origin:
    """A far file in memory; ``gate`` holds every answer back."""

    def __init__(self, data: bytes = DATA) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []
        self.cancelled = 0
        self.failing = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, offset: int, length: int) -> bytes:
        self.asked.append((offset // BLOCK, (offset + length - 1) // BLOCK))
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failing:
            raise SourceError("The storage cannot be reached.")
        return self.data[offset : offset + length]


def far(cache: BlockCache, origin: Origin, name: str = "a") -> FarFile:
    return FarFile(name, origin, size=len(origin.data), cache=cache)


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


@settings(max_examples=60, deadline=None)
@given(
    room=st.integers(1, 8),
    disk=st.integers(0, 6),
    reads=st.lists(st.tuples(st.integers(0, len(DATA)), st.integers(0, 4 * BLOCK)), max_size=12),
)
def test_the_cache_changes_nothing_but_the_number_of_requests(
    tmp_path_factory: pytest.TempPathFactory,
    room: int,
    disk: int,
    reads: list[tuple[int, int]],
) -> None:
    async def scenario() -> None:
        folder = tmp_path_factory.getbasetemp()
        blocks = DiskBlocks(folder, capacity=disk * BLOCK) if disk else None
        cache = BlockCache(capacity=room * BLOCK, disk=blocks)
        file = far(cache, Origin())
        for offset, length in reads:
            span = Span(offset, length)
            if offset + length > len(DATA):
                with pytest.raises(SourceError):
                    await file.read(span)
                continue
            assert await file.read(span) == DATA[offset : offset + length]
            into = bytearray(length)
            if file.read_now(span, memoryview(into)):
                assert into == DATA[offset : offset + length]
        assert len(cache) <= room
        cache.close()

    run(scenario())


def test_neighbors_come_together_and_once() -> None:
    async def scenario() -> None:
        origin = Origin()
        file = far(BlockCache(capacity=30 * BLOCK), origin)
        await file.read(Span(100, 2 * BLOCK))
        assert origin.asked == [(0, 2)]
        await file.read(Span(BLOCK, 2 * BLOCK + 5))
        assert origin.asked == [(0, 2), (3, 3)]
        await file.read(Span(0, 4 * BLOCK))
        assert len(origin.asked) == 2

    run(scenario())


def test_readers_share_what_is_under_way() -> None:
    async def scenario() -> None:
        origin = Origin()
        origin.gate.clear()
        file = far(BlockCache(capacity=8 * BLOCK), origin)
        spans = [Span(10 * i, 3 * BLOCK) for i in range(20)]
        tasks = [asyncio.ensure_future(file.read(span)) for span in spans]
        await settle()
        origin.gate.set()
        for span, task in zip(spans, tasks, strict=True):
            assert await task == DATA[span.offset : span.offset + span.length]
        assert origin.asked == [(0, 2), (3, 3)]

    run(scenario())


def test_files_do_not_share_blocks() -> None:
    async def scenario() -> None:
        cache = BlockCache(capacity=8 * BLOCK)
        one, two = Origin(), Origin(DATA[::-1])
        assert await far(cache, one, "a").read(Span(5, 9)) == DATA[5:14]
        assert await far(cache, two, "b").read(Span(5, 9)) == DATA[::-1][5:14]

    run(scenario())


def test_a_request_ends_with_the_last_who_waits_for_it() -> None:
    async def scenario() -> None:
        origin = Origin()
        origin.gate.clear()
        cache = BlockCache(capacity=8 * BLOCK)
        file = far(cache, origin)
        one, two = (asyncio.ensure_future(file.read(Span(0, 10))) for _ in range(2))
        await settle()
        one.cancel()
        await settle()
        assert origin.cancelled == 0
        two.cancel()
        await settle()
        assert origin.cancelled == cache.counts.given_up == 1
        origin.gate.set()
        assert await file.read(Span(0, 10)) == DATA[:10]
        assert len(origin.asked) == 2

    run(scenario())


def test_an_error_reaches_all_and_is_not_kept() -> None:
    async def scenario() -> None:
        origin = Origin()
        origin.failing = True
        file = far(BlockCache(capacity=8 * BLOCK), origin)
        for outcome in await asyncio.gather(
            *(file.read(Span(0, 10)) for _ in range(3)), return_exceptions=True
        ):
            assert isinstance(outcome, SourceError)
        assert len(origin.asked) == 1
        origin.failing = False
        assert await file.read(Span(0, 10)) == DATA[:10]

    run(scenario())


def test_the_disk_takes_what_the_memory_cannot(tmp_path: Path) -> None:
    async def scenario() -> None:
        origin = Origin()
        disk = DiskBlocks(tmp_path, capacity=20 * BLOCK)
        cache = BlockCache(capacity=BLOCK, disk=disk)
        file = far(cache, origin)
        await file.read(Span(0, 10 * BLOCK))
        asked = list(origin.asked)
        assert await file.read(Span(7, 10 * BLOCK - 7)) == DATA[7 : 10 * BLOCK]
        assert origin.asked == asked
        assert list(tmp_path.iterdir()) == [], "the file has no name"
        cache.close()

    run(scenario())


def test_a_full_disk_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*args: object) -> int:
        raise OSError("no space left on device")

    async def scenario() -> None:
        cache = BlockCache(capacity=BLOCK, disk=DiskBlocks(tmp_path, capacity=4 * BLOCK))
        monkeypatch.setattr("app.images.slices.cache.os.pwrite", no_room)
        file = far(cache, Origin())
        for _ in range(2):
            assert await file.read(Span(0, 3 * BLOCK)) == DATA[: 3 * BLOCK]

    run(scenario())


def test_reading_ahead_follows_the_plan() -> None:
    async def scenario() -> None:
        origin = Origin()
        origin.gate.clear()
        file = far(BlockCache(capacity=40 * BLOCK), origin)
        ahead = ReadAhead(file, most=3)
        ahead.plan([Span(2 * BLOCK, BLOCK), Span(20 * BLOCK, 2 * BLOCK), Span(5 * BLOCK, 9)])
        await settle()
        assert origin.asked == [(2, 2), (20, 21), (5, 5)]
        ahead.plan([Span(20 * BLOCK, 10), Span(30 * BLOCK, 10)])
        await settle()
        assert origin.cancelled == 2
        assert origin.asked[3:] == [(30, 30)]
        origin.gate.set()
        await settle()
        into = memoryview(bytearray(10))
        assert file.read_now(Span(20 * BLOCK, 10), into)
        assert file.read_now(Span(30 * BLOCK, 10), into)
        assert not file.read_now(Span(2 * BLOCK, 10), into)
        ahead.stop()

    run(scenario())


def test_a_reader_joins_what_is_fetched_ahead() -> None:
    async def scenario() -> None:
        origin = Origin()
        origin.gate.clear()
        file = far(BlockCache(capacity=40 * BLOCK), origin)
        ahead = ReadAhead(file)
        ahead.plan([Span(0, 3 * BLOCK)])
        reader = asyncio.ensure_future(file.read(Span(BLOCK, 5)))
        await settle()
        ahead.stop()
        await settle()
        assert origin.cancelled == 0, "somebody waits for it"
        origin.gate.set()
        assert await reader == DATA[BLOCK : BLOCK + 5]
        assert origin.asked == [(0, 2)]

    run(scenario())


def test_runs_are_short() -> None:
    assert list(runs([1, 2, 3, 7, 6, 8])) == [(1, 3), (7, 7), (6, 6), (8, 8)]
    assert list(runs(range(2 * RUN + 1))) == [(0, RUN - 1), (RUN, 2 * RUN - 1), (2 * RUN, 2 * RUN)]


def test_ahead_of_a_reader_both_sides_come_in_few_requests() -> None:
    both_sides = [50, 51, 48, 49, 52, 53, 46, 47, 54, 44, 45, 90]
    assert list(urgent_runs(both_sides)) == [(50, 51), (44, 49), (52, 54), (90, 90)]
    assert list(urgent_runs([7])) == [(7, 7)]
    assert list(urgent_runs([])) == []
    far = list(range(100, 100 - 3 * RUN, -1))
    found = list(urgent_runs(far))
    assert found[0] == (100, 100)
    assert sorted(n for first, last in found for n in range(first, last + 1)) == sorted(far)
    assert max(last - first for first, last in found) == RUN - 1
    assert len(found) <= 5


@pytest.fixture
def pack(write_mha: WriteMha, tmp_path: Path) -> tuple[bytes, "np.ndarray[Any, Any]"]:
    """A pack that takes many blocks, and its pixels."""
    array = np.random.default_rng(2).integers(-1000, 3000, (20, 256, 240)).astype(np.int16)
    write_pack(write_mha(array), tmp_path / "far.slices")
    return (tmp_path / "far.slices").read_bytes(), array


@pytest.mark.parametrize("mode", ["sound", "breaks off", "is busy"])
def test_a_pack_over_http_is_the_pack(
    pack: tuple[bytes, "np.ndarray[Any, Any]"], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, array = pack
    monkeypatch.setattr("app.images.slices.sources.PAUSE", 0.001)

    async def scenario(server: Server) -> None:
        async with httpx.AsyncClient() as client:
            cache = BlockCache(capacity=10 * BLOCK)
            origin = HttpRange(lambda: server.url, client=client)
            reader = await FarPack.open(FarFile("a", origin, size=len(data), cache=cache))
            for index in range(20) if mode == "sound" else (0, 7):
                found = await reader.later(index, NO_LEVEL, 5, room=3)
                whole = reader.now(index, NO_LEVEL, 5, room=3)
                assert whole is None or whole == found
                assert len(found) == 3 + reader.cuts[index, 5]
                picture = decode_slice(bytes(found[3:]), reader.info, 5)
                np.testing.assert_array_equal(picture, array[index])

    with Server(data, mode) as server:
        run(scenario(server))


def test_a_preview_of_all_slices_is_a_short_range(
    pack: tuple[bytes, "np.ndarray[Any, Any]"],
) -> None:
    data, _ = pack

    async def scenario() -> None:
        origin = Origin(data)
        cache = BlockCache(capacity=100 * BLOCK)
        reader = await FarPack.open(far(cache, origin))
        level = reader.info.head
        assert reader.info.level_sizes[level] == (120, 128)
        for index in range(20):
            await reader.later(index, NO_LEVEL, level, room=0)
        needed = int(reader.cuts[:, level].sum())
        assert cache.counts.fetched <= needed + 3 * BLOCK

    run(scenario())


def test_a_damaged_far_slice_is_noticed(pack: tuple[bytes, "np.ndarray[Any, Any]"]) -> None:
    data = bytearray(pack[0])
    data[-3] ^= 1

    async def scenario() -> None:
        reader = await FarPack.open(far(BlockCache(capacity=100 * BLOCK), Origin(bytes(data))))
        with pytest.raises(PackError, match="checksum"):
            await reader.later(19, NO_LEVEL, reader.info.head, room=0)
        with pytest.raises(PackError, match="checksum"):
            reader.now(19, NO_LEVEL, reader.info.head, room=0)
        with pytest.raises(PackError, match="levels"):
            await reader.later(0, NO_LEVEL, 6, room=0)

    run(scenario())
