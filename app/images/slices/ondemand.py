"""The slices of an image whose pack is not made yet, encoded when they are asked for.

They are the very bytes that the pack will hold (the same encoder, the same settings), and
`agrees` says of every slice that was given out whether that came true. Everything but the encoding
runs on one event loop.
"""

import asyncio
import itertools
import weakref
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from app.images.slices.codestream import CodecRefusedError, encode_slice
from app.images.slices.errors import PackError
from app.images.slices.format import NO_LEVEL, PackInfo, Window
from app.images.slices.index import PackIndex
from app.images.slices.metaimage import MetaImageHeader
from app.images.slices.pixels import Bytes, SliceAccess
from app.images.slices.writer import needs_range, plan_of, stored_type

_EXACT = 2**52
"""Beyond, numbers are not kept exactly, and the extremes decide what type the pack has."""
_COUNTED = 2**16 - 1
"""The importer counts whole numbers one by one up to this range, and in bins beyond."""

_tokens = itertools.count()
Encoded = tuple[bytes, tuple[int, ...]]


class Described(NamedTuple):
    """What is known of an image's values before its pack is made."""

    low: float
    high: float
    window: Window


class Encoders:
    """The threads that encode for all readers of a process, and the last slices they made."""

    def __init__(self, *, threads: int, capacity: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="slices-on-demand")
        self._places = asyncio.Semaphore(threads)
        self._capacity = capacity
        self._bytes = 0
        self._made: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._made)

    def held(self, owner: int, index: int) -> bytes | None:
        """Return a slice that was encoded not long ago."""
        data = self._made.get((owner, index))
        if data is not None:
            self._made.move_to_end((owner, index))
        return data

    async def encode(self, access: SliceAccess, info: PackInfo, index: int) -> Encoded:
        """Encode a slice in a thread; first come, first served. May be cancelled while waiting."""
        async with self._places:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, _encode, access, info, index)

    def keep(self, owner: int, index: int, data: bytes) -> None:
        """Hold a slice for the next who asks, instead of those asked for longest ago."""
        self._bytes += len(data) - len(self._made.pop((owner, index), b""))
        self._made[owner, index] = data
        while self._bytes > self._capacity and len(self._made) > 1:
            self._bytes -= len(self._made.popitem(last=False)[1])

    def forget(self, owner: int) -> None:
        """Drop the slices of one image."""
        for key in [key for key in self._made if key[0] == owner]:
            self._bytes -= len(self._made.pop(key))

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _encode(access: SliceAccess, info: PackInfo, index: int) -> Encoded:
    array = access.slice(index).astype(info.type, copy=False)
    return encode_slice(array, info.codec)


class OnDemand:
    """The slices of one image, for one event loop. `cuts` are 0 for slices not encoded yet."""

    def __init__(self, access: SliceAccess, info: PackInfo, *, encoders: Encoders) -> None:
        self.info = info
        self.cuts: NDArray[np.uint32] = np.zeros((info.slices, info.levels), np.uint32)
        self._access = access
        self._encoders = encoders
        self._token = next(_tokens)
        weakref.finalize(self, encoders.forget, self._token)
        self._sums = np.zeros((info.slices, 2), np.uint32)
        self._working: dict[int, asyncio.Task[bytes]] = {}
        self._waiting: dict[int, int] = {}

    @classmethod
    def of(
        cls,
        file: Bytes,
        header: MetaImageHeader,
        described: Described,
        *,
        encoders: Encoders,
    ) -> "OnDemand":
        """Raise `PackError` for an image that no pack can hold."""
        low = high = 0
        if needs_range(header):
            low, high = round(described.low), round(described.high)
            if max(-low, high) > _EXACT or high - low >= _COUNTED:
                raise PackError("unsupported", "How far the image's values go is not known.")
        info = plan_of(header, stored_type(header, low=low, high=high))
        info = replace(info, window=described.window, range=(described.low, described.high))
        return cls(SliceAccess(file, header), info, encoders=encoders)

    def now(self, index: int, level_from: int, level_to: int, *, room: int) -> bytearray | None:
        """The bytes between two levels behind `room` free bytes, if the slice is encoded."""
        data = self._encoders.held(self._token, index)
        return None if data is None else self._part(data, index, level_from, level_to, room=room)

    async def later(self, index: int, level_from: int, level_to: int, *, room: int) -> bytearray:
        """The same, once the slice is encoded. Raises `PackError` and `SourceError`."""
        return self._part(await self._made(index), index, level_from, level_to, room=room)

    def agrees(self, index: PackIndex) -> NDArray[np.bool_]:
        """Tell of every slice whether the pack holds what was given out, or nothing was."""
        fresh = self.cuts[:, -1] == 0
        same = (index.cuts == self.cuts).all(axis=1) & (index.sums == self._sums).all(axis=1)
        agrees: NDArray[np.bool_] = fresh | same
        return agrees

    def _part(
        self, data: bytes, index: int, level_from: int, level_to: int, *, room: int
    ) -> bytearray:
        start = 0 if level_from == NO_LEVEL else int(self.cuts[index, level_from])
        stop = max(start, int(self.cuts[index, level_to]))
        buffer = bytearray(room + stop - start)
        memoryview(buffer)[room:] = memoryview(data)[start:stop]
        return buffer

    async def _made(self, index: int) -> bytes:
        """The slice's bytes; readers who want the same one wait for the same work."""
        data = self._encoders.held(self._token, index)
        if data is not None:
            return data
        task = self._working.get(index)
        if task is None:
            task = self._working[index] = asyncio.ensure_future(self._make(index))
            task.add_done_callback(_seen)
        self._waiting[index] = self._waiting.get(index, 0) + 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting[index] -= 1
            if not self._waiting[index]:
                del self._waiting[index]
                if not task.done():
                    self._working.pop(index, None)
                    task.cancel()

    async def _make(self, index: int) -> bytes:
        try:
            data, cuts = await self._encoders.encode(self._access, self.info, index)
        except CodecRefusedError as error:
            raise PackError("unsupported", "The slices need another codec.") from error
        finally:
            if self._working.get(index) is asyncio.current_task():
                del self._working[index]
        middle = cuts[self.info.head]
        view = memoryview(data)
        self._sums[index] = isal_zlib.crc32(view[:middle]), isal_zlib.crc32(view[middle:])
        self.cuts[index] = cuts
        self._encoders.keep(self._token, index, data)
        return data

    def read_ahead(self) -> "EncodeAhead":
        """Return what encodes ahead for one reader."""
        return EncodeAhead(self)


class EncodeAhead:
    """Has the next slices encoded while the first ones are on their way."""

    def __init__(self, source: OnDemand, *, most: int = 2) -> None:
        self._source = source
        self._most = most
        self._tasks: dict[int, asyncio.Task[bytes]] = {}

    def plan(self, fragments: Iterable[tuple[int, int, int]]) -> None:
        """Take (slice, level from, level to) of the next ones, the most urgent first."""
        wanted = list(dict.fromkeys(fragment[0] for fragment in fragments))
        for index, task in list(self._tasks.items()):
            if task.done() or index not in wanted[: 4 * self._most]:
                task.cancel()
                del self._tasks[index]
        source = self._source
        for index in wanted[: 4 * self._most]:
            if len(self._tasks) >= self._most:
                return
            if index not in self._tasks and source._encoders.held(source._token, index) is None:
                task = asyncio.ensure_future(source._made(index))
                task.add_done_callback(_seen)
                self._tasks[index] = task

    def stop(self) -> None:
        """Encode nothing more."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks = {}


def _seen(task: "asyncio.Task[bytes]") -> None:
    """Whoever needs the slice asks again, and hears of the error then."""
    if not task.cancelled():
        task.exception()
