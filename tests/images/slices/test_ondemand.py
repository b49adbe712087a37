"""Slices before the pack is made: the bytes that the pack will hold, made once, in any order."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.images.slices import (
    NO_LEVEL,
    Described,
    Encoders,
    LocalFile,
    OnDemand,
    PackError,
    PackReader,
    Window,
    ondemand,
    write_pack,
)
from app.images.slices.metaimage import read_header
from tests.images.slices.conftest import WriteMha

RNG = np.random.default_rng(20261127)
Array = np.ndarray[Any, np.dtype[Any]]
VOLUME = RNG.integers(-1000, 3000, (10, 70, 60)).astype(np.int16)


def run(scenario: Callable[[Encoders], Coroutine[Any, Any, None]], **options: int) -> None:
    async def limited() -> None:
        encoders = Encoders(**{"threads": 2, "capacity": 1 << 24, **options})
        try:
            async with asyncio.timeout(30):
                await scenario(encoders)
        finally:
            encoders.close()

    asyncio.run(limited())


def slices_of(path: Path, encoders: Encoders, *, low: float, high: float) -> OnDemand:
    known = Described(low, high, Window(0.0, 1.0))
    return OnDemand.of(LocalFile(path), read_header(path), known, encoders=encoders)


def packed(path: Path) -> PackReader:
    write_pack(path, path.with_suffix(".slices"))
    return PackReader(LocalFile(path.with_suffix(".slices")))


@pytest.mark.parametrize(
    ("dtype", "low", "high", "channels"),
    [
        ("uint8", 0, 255, 1),
        ("uint8", 0, 255, 3),
        ("uint8", 0, 255, 4),
        ("int8", -128, 127, 1),
        ("int16", -2000, 3000, 1),
        ("uint16", 0, 65535, 1),
        ("int32", 0, 5, 1),
        ("uint32", 2**31 - 9, 2**31 + 9, 1),
        ("int64", -5, 65_000, 1),
        ("float32", -1, 1, 1),
        ("float64", -1, 1, 2),
    ],
)
def test_they_are_what_the_pack_will_hold(
    write_mha: WriteMha, dtype: str, low: int, high: int, channels: int
) -> None:
    shape = (4, 70, 60, channels)[: 4 if channels > 1 else 3]
    if np.dtype(dtype).kind == "f":
        array: Array = RNG.normal(0, 1, shape).astype(dtype)
    else:
        array = RNG.integers(low, high, shape, dtype=dtype, endpoint=True)
        array.reshape(-1)[:2] = (low, high)
    path = write_mha(array, vector=channels > 1)
    pack = packed(path)

    async def scenario(encoders: Encoders) -> None:
        slices = slices_of(path, encoders, low=float(array.min()), high=float(array.max()))
        info = pack.info
        for name in ("size", "type", "source_type", "components", "codec", "levels", "head"):
            assert getattr(slices.info, name) == getattr(info, name)
        assert not slices.cuts.any()
        for index in (2, 0, 3, 1):
            for have in (NO_LEVEL, *range(info.levels - 1)):
                found = await slices.later(index, have, info.levels - 1, room=5)
                assert found[5:] == pack.fragment(index, have, info.levels - 1)
        np.testing.assert_array_equal(slices.cuts, pack.cuts)
        assert slices.agrees(pack.index).all()

    run(scenario)


def test_a_pack_that_was_made_otherwise_is_told_apart(write_mha: WriteMha, tmp_path: Path) -> None:
    path = write_mha(VOLUME)
    other = VOLUME.copy()
    other[3] += 1
    pack = packed(write_mha(other, name="other.mha"))

    async def scenario(encoders: Encoders) -> None:
        slices = slices_of(path, encoders, low=-1000, high=3000)
        for index in (2, 3):
            await slices.later(index, NO_LEVEL, 5, room=0)
        assert np.flatnonzero(~slices.agrees(pack.index)).tolist() == [3]

    run(scenario)


def test_readers_share_the_work(write_mha: WriteMha, monkeypatch: pytest.MonkeyPatch) -> None:
    path, count = write_mha(VOLUME), 0
    encode = ondemand.encode_slice

    def counted(*args: Any) -> Any:
        nonlocal count
        count += 1
        return encode(*args)

    monkeypatch.setattr(ondemand, "encode_slice", counted)

    async def scenario(encoders: Encoders) -> None:
        slices = slices_of(path, encoders, low=-1000, high=3000)
        assert slices.now(4, NO_LEVEL, 5, room=0) is None
        wanted = [slices.later(4, NO_LEVEL, 5, room=0) for _ in range(20)]
        first, *others = await asyncio.gather(*wanted)
        assert all(other == first for other in others)
        assert slices.now(4, NO_LEVEL, 5, room=0) == first
        assert count == 1

    run(scenario)


def test_what_was_given_out_long_ago_is_made_again(write_mha: WriteMha) -> None:
    path = write_mha(VOLUME)

    async def scenario(encoders: Encoders) -> None:
        slices = slices_of(path, encoders, low=-1000, high=3000)
        first = await slices.later(0, NO_LEVEL, 5, room=0)
        for index in range(1, 10):
            await slices.later(index, NO_LEVEL, 5, room=0)
        assert slices.now(0, NO_LEVEL, 5, room=0) is None
        assert await slices.later(0, NO_LEVEL, 5, room=0) == first

    run(scenario, capacity=20_000)


def test_an_image_leaves_nothing_behind(write_mha: WriteMha) -> None:
    path = write_mha(VOLUME)

    async def scenario(encoders: Encoders) -> None:
        slices = slices_of(path, encoders, low=-1000, high=3000)
        await slices.later(0, NO_LEVEL, 5, room=0)
        assert len(encoders) > 0
        del slices
        gc.collect()
        assert len(encoders) == 0

    run(scenario)


def test_what_is_waited_for_no_longer_is_not_begun(
    write_mha: WriteMha, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    path, gate, made = write_mha(VOLUME), threading.Event(), []
    read = ondemand.SliceAccess.slice

    def slow(self: Any, index: int) -> Any:
        made.append(index)
        gate.wait(20)
        return read(self, index)

    monkeypatch.setattr(ondemand.SliceAccess, "slice", slow)

    async def scenario(encoders: Encoders) -> None:
        slices = slices_of(path, encoders, low=-1000, high=3000)
        tasks = [asyncio.ensure_future(slices.later(i, NO_LEVEL, 5, room=0)) for i in range(4)]
        while len(made) < 1:
            await asyncio.sleep(0.001)
        tasks[2].cancel()
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert tasks[2].cancelled()
        assert made == [0, 1, 3]

    run(scenario, threads=1)


def test_the_next_slices_are_made_ahead(write_mha: WriteMha) -> None:
    path = write_mha(VOLUME)

    async def scenario(encoders: Encoders) -> None:
        slices = slices_of(path, encoders, low=-1000, high=3000)
        ahead = slices.read_ahead()
        ahead.plan((index, NO_LEVEL, 3) for index in (7, 2, 5))
        while (
            slices.now(7, NO_LEVEL, 5, room=0) is None or slices.now(2, NO_LEVEL, 5, room=0) is None
        ):
            await asyncio.sleep(0.001)
        assert slices.now(5, NO_LEVEL, 5, room=0) is None, "not more than two at a time"
        ahead.stop()

    run(scenario)


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 2.0**53), (-(2.0**60), 9 - 2.0**60), (-70_000.0, 70_000.0)]
)
def test_whole_numbers_that_are_not_known_exactly_wait_for_the_pack(
    write_mha: WriteMha, low: float, high: float
) -> None:
    path = write_mha(VOLUME.astype(np.int64))

    async def scenario(encoders: Encoders) -> None:
        with pytest.raises(PackError):
            slices_of(path, encoders, low=low, high=high)

    run(scenario)
