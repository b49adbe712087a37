"""Blocks of far files, kept in memory and, where there is room for it, on a disk.

One cache serves all readers of a process: what one fetches, or is fetching, the others share. A
request is given up as soon as nobody waits for it. Everything here runs on one event loop.
"""

import asyncio
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.images.slices.errors import SourceError
from app.images.slices.index import Span

BLOCK = 64 * 1024
RUN = 8
"""Most blocks of one request: they take about as long to arrive as the request to be sent."""

Key = tuple[str, int]
Fetch = Callable[[int, int], Awaitable[bytes]]
"""`fetch(offset, length)` gives exactly these bytes of one file, or raises `SourceError`."""


@dataclass
class Counts:
    """What a cache has done, for tests and measurements."""

    requests: int = 0
    fetched: int = 0
    given_up: int = 0


class DiskBlocks:
    """Blocks in a file of bounded size without a name: it is gone with the process."""

    def __init__(self, folder: Path, *, capacity: int) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 -- it lives with the cache
        self._free = list(range(capacity // BLOCK))
        self._slots: OrderedDict[Key, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> bytes | None:
        """Return a block, if it is here. Blocks the thread for a moment."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                return None
            self._slots.move_to_end(key)
            data = os.pread(self._file.fileno(), slot[1], slot[0] * BLOCK)
        return data if len(data) == slot[1] else None

    def put(self, blocks: Iterable[tuple[Key, bytes]]) -> None:
        """Keep blocks instead of those read longest ago."""
        with self._lock:
            for key, data in blocks:
                if key in self._slots or not (self._free or self._slots):
                    continue
                slot = self._free.pop() if self._free else self._slots.popitem(last=False)[1][0]
                try:
                    os.pwrite(self._file.fileno(), data, slot * BLOCK)
                except OSError:  # the disk is full: the memory goes on alone
                    self._free.append(slot)
                    return
                self._slots[key] = (slot, len(data))

    def __contains__(self, key: Key) -> bool:
        with self._lock:
            return key in self._slots

    def close(self) -> None:
        """Give the room back."""
        self._file.close()


class _Flight:
    """One request under way, shared by all who wait for a block of it."""

    def __init__(self, work: Awaitable[dict[int, bytes]], *, given_up: Callable[[], None]) -> None:
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(_seen)
        self._given_up = given_up
        self._waiting = 0

    async def join(self) -> dict[int, bytes]:
        """Wait for the blocks. The last one who stops waiting ends the request."""
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                self._given_up()
                self._task.cancel()


def _seen(task: "asyncio.Future[dict[int, bytes]]") -> None:
    """An error that nobody waits for any more is nobody's concern."""
    if not task.cancelled():
        task.exception()


class BlockCache:
    """The last blocks of all far files (LRU), and the requests for more."""

    def __init__(self, *, capacity: int, disk: DiskBlocks | None = None) -> None:
        self._room = max(1, capacity // BLOCK)
        self._blocks: OrderedDict[Key, bytes] = OrderedDict()
        self._disk = disk
        self._flights: dict[Key, _Flight] = {}
        self.counts = Counts()

    def __len__(self) -> int:
        return len(self._blocks)

    def close(self) -> None:
        """Forget everything."""
        self._blocks.clear()
        if self._disk is not None:
            self._disk.close()

    def held(self, key: Key) -> bytes | None:
        """Return a block from the memory."""
        block = self._blocks.get(key)
        if block is not None:
            self._blocks.move_to_end(key)
        return block

    def misses(self, key: Key) -> bool:
        """Tell whether a block would have to be fetched."""
        return key not in self._blocks and key not in self._flights and not self._on_disk(key)

    async def blocks(self, name: str, fetch: Fetch, *, first: int, last: int, size: int) -> bytes:
        """Return neighboring blocks of a file of `size` bytes, fetching what is missing."""
        found: dict[int, bytes] = {}
        for number in range(first, last + 1):
            block = self.held((name, number))
            if block is None and self._on_disk((name, number)):
                block = await self._from_disk((name, number))
            if block is not None:
                found[number] = block
        missing = [number for number in range(first, last + 1) if number not in found]
        flights = self._flown(name, fetch, missing, size=size)
        for answer in await _together([flight.join() for flight in flights]):
            found.update(answer)
        return b"".join(found[number] for number in range(first, last + 1))

    def _flown(self, name: str, fetch: Fetch, missing: list[int], *, size: int) -> list[_Flight]:
        """The requests, old and new, that bring the missing blocks."""
        flights = {id(f): f for n in missing if (f := self._flights.get((name, n))) is not None}
        for first, last in runs(n for n in missing if (name, n) not in self._flights):
            flight = self._start(name, fetch, first, last, size=size)
            flights[id(flight)] = flight
        return list(flights.values())

    def _start(self, name: str, fetch: Fetch, first: int, last: int, *, size: int) -> _Flight:
        keys = [(name, number) for number in range(first, last + 1)]

        def forget() -> None:
            self.counts.given_up += 1
            for key in keys:
                self._flights.pop(key, None)

        async def work() -> dict[int, bytes]:
            length = min((last + 1) * BLOCK, size) - first * BLOCK
            self.counts.requests += 1
            try:
                data = await fetch(first * BLOCK, length)
            finally:
                for key in keys:
                    if self._flights.get(key) is flight:
                        del self._flights[key]
            self.counts.fetched += length
            pieces = {first + i: data[i * BLOCK : (i + 1) * BLOCK] for i in range(last - first + 1)}
            await self._keep(name, pieces)
            return pieces

        flight = _Flight(work(), given_up=forget)
        self._flights.update(dict.fromkeys(keys, flight))
        return flight

    async def _keep(self, name: str, pieces: dict[int, bytes]) -> None:
        for number, block in pieces.items():
            self._remember((name, number), block)
        if self._disk is not None:
            kept = [((name, number), block) for number, block in pieces.items()]
            await asyncio.to_thread(self._disk.put, kept)

    def _remember(self, key: Key, block: bytes) -> None:
        self._blocks[key] = block
        self._blocks.move_to_end(key)
        while len(self._blocks) > self._room:
            self._blocks.popitem(last=False)

    def _on_disk(self, key: Key) -> bool:
        return self._disk is not None and key in self._disk

    async def _from_disk(self, key: Key) -> bytes | None:
        assert self._disk is not None  # noqa: S101 -- asked by `_on_disk`
        block = await asyncio.to_thread(self._disk.get, key)
        if block is not None:
            self._remember(key, block)
        return block


class FarFile:
    """One far file behind the cache."""

    def __init__(self, name: str, fetch: Fetch, *, size: int, cache: BlockCache) -> None:
        self.name = name
        self.size = size
        self.cache = cache
        self._fetch = fetch

    def read_now(self, span: Span, into: memoryview) -> bool:
        """Copy bytes that are in memory; False where some are not."""
        for number in _numbers(span):
            block = self.cache.held((self.name, number))
            if block is None:
                return False
            _place(block, number, span, into)
        return True

    async def read(self, span: Span) -> bytes:
        """Return exactly these bytes. Raises `SourceError`."""
        if span.offset < 0 or span.length < 0 or span.offset + span.length > self.size:
            raise SourceError("The slice pack ends before the wanted bytes.")
        if not span.length:
            return b""
        first, last = span.offset // BLOCK, (span.offset + span.length - 1) // BLOCK
        data = await self.fetch(first, last)
        start = span.offset - first * BLOCK
        return data[start : start + span.length]

    async def fetch(self, first: int, last: int) -> bytes:
        """Return whole blocks."""
        cache = self.cache
        return await cache.blocks(self.name, self._fetch, first=first, last=last, size=self.size)


class ReadAhead:
    """Fetches for one reader what comes next, and drops what does not come any more."""

    def __init__(self, file: FarFile, *, most: int = 4) -> None:
        self._file = file
        self._most = most
        self._tasks: dict[tuple[int, int], asyncio.Task[bytes]] = {}

    def plan(self, spans: Iterable[Span]) -> None:
        """Take the next spans, the most urgent first."""
        wanted = dict.fromkeys(number for span in spans for number in _numbers(span))
        for (first, last), task in list(self._tasks.items()):
            if task.done() or not any(n in wanted for n in range(first, last + 1)):
                task.cancel()
                del self._tasks[first, last]
        missing = [n for n in wanted if self._file.cache.misses((self._file.name, n))]
        for first, last in urgent_runs(missing):
            if len(self._tasks) >= self._most:
                return
            task = asyncio.ensure_future(self._file.fetch(first, last))
            task.add_done_callback(_unheard)
            self._tasks[first, last] = task

    def stop(self) -> None:
        """Fetch nothing more."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks = {}


def _unheard(task: "asyncio.Task[bytes]") -> None:
    """Whoever needs the bytes asks again, and hears of the error then."""
    if not task.cancelled():
        task.exception()


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Neighbors joined to (first, last), in the order given, none longer than `RUN`."""
    first = last = None
    for number in numbers:
        if first is not None and last is not None and number == last + 1 and last - first < RUN - 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last


def urgent_runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbors joined whatever their order, for a reader who takes slices on both sides in turn.

    The first number comes at once, with what follows it in the order given; the rest in as few
    runs as there can be, each when its most urgent number would.
    """
    head = next(runs(numbers), None)
    if head is None:
        return
    yield head
    place = {n: at for at, n in enumerate(numbers) if not head[0] <= n <= head[1]}
    joined = runs(sorted(place))
    yield from sorted(joined, key=lambda run: min(place[n] for n in range(run[0], run[1] + 1)))


async def _together(
    joins: list[Awaitable[dict[int, bytes]]],
) -> list[dict[int, bytes]]:
    """All answers; when one fails or the caller stops waiting, the others are let go."""
    tasks = [asyncio.ensure_future(join) for join in joins]
    try:
        return [await task for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
            task.add_done_callback(_seen)


def _numbers(span: Span) -> range:
    return range(span.offset // BLOCK, -(-(span.offset + span.length) // BLOCK))


def _place(block: bytes, number: int, span: Span, into: memoryview) -> None:
    """Copy what a block holds of a span to its place."""
    start = number * BLOCK
    begin = max(span.offset, start)
    end = min(span.offset + span.length, start + len(block))
    into[begin - span.offset : end - span.offset] = block[begin - start : end - start]
