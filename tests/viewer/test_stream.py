"""The queue of one socket: replaced by generations, nothing twice, bounded in flight, fair."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import pytest

from viewer.protocol import (
    NO_LEVEL,
    Cuts,
    Done,
    Drop,
    Frag,
    ServerMessage,
    Want,
    WantItem,
    decode_server,
)
from viewer.stream import ROOM, LayerShape, Outlet, SliceStream
from viewer.window import FLOOR

CUTS = (500, 1500, 4500, 15_000, 50_000, 140_000)
LEVELS = len(CUTS)
FULL, PREVIEW = 5, 3
DEADLINE = 10.0


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario in its own loop, with a deadline."""

    async def limited() -> None:
        async with asyncio.timeout(DEADLINE):
            await scenario

    asyncio.run(limited())


def pixels(layer: int, index: int, start: int, stop: int) -> bytes:
    """The bytes of a slice between two cut points; every position of every slice is told apart."""
    seed = layer * 100_003 + index * 977
    return bytes((seed + position // 251) % 256 for position in range(start, stop))


async def fetch(layer: int, index: int, level_from: int, level_to: int) -> bytes:
    start = 0 if level_from == NO_LEVEL else CUTS[level_from]
    return pixels(layer, index, start, CUTS[level_to])


Read = Callable[[int, int, int, int], Awaitable[bytes]]


class Slices:
    """A feed that takes its slices from a function."""

    looks_ahead = True

    def __init__(self, layer: int, shape: LayerShape, read: Read, *, untold: bool = False) -> None:
        self.layer, self.shape, self.read = layer, shape, read
        self.new = set(range(shape.slices)) if untold else set()
        self.foreseen: list[WantItem] = []

    async def fragment(self, index: int, level_from: int, level_to: int) -> bytearray:
        return bytearray(ROOM) + await self.read(self.layer, index, level_from, level_to)

    def untold(self, index: int) -> Cuts | None:
        if index not in self.new:
            return None
        self.new.remove(index)
        return Cuts(self.layer, index, [CUTS])

    def foresee(self, items: Iterable[WantItem]) -> None:
        self.foreseen = list(items)


class SlicesAtOnce(Slices):
    """The same, as from a file in the system's memory."""

    looks_ahead = False

    def fragment(self, index: int, level_from: int, level_to: int) -> bytearray:  # type: ignore[override]
        start = 0 if level_from == NO_LEVEL else CUTS[level_from]
        return bytearray(ROOM) + pixels(self.layer, index, start, CUTS[level_to])


class Pipe:
    """An in-memory transport. Messages wait in it until the other end takes them."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[bytes] = asyncio.Queue()
        self.received = 0

    async def send(self, data: bytes) -> None:
        self._messages.put_nowait(data)

    @property
    def waiting(self) -> int:
        return self._messages.qsize()

    async def take(self) -> ServerMessage:
        data = await self._messages.get()
        self.received += len(data)
        return decode_server(data)


class Socket:
    """A stream with its pipe and a client that keeps what it received."""

    def __init__(
        self,
        *,
        source: Read = fetch,
        at_once: bool = False,
        untold: bool = False,
        slices: int = 100,
    ) -> None:
        self.pipe = Pipe()
        kind = SlicesAtOnce if at_once else Slices
        shapes = (LayerShape(slices, LEVELS), LayerShape(3, 1))
        self.feeds = [kind(n, shape, source, untold=untold) for n, shape in enumerate(shapes)]
        self.stream = SliceStream(outlet=Outlet(self.pipe.send), feeds=self.feeds)
        self.slices: dict[tuple[int, int], bytes] = {}
        self.levels: dict[tuple[int, int], int] = {}
        self.order: list[tuple[int, int]] = []
        self.task = asyncio.create_task(self.stream.run())

    async def __aenter__(self) -> "Socket":
        return self

    async def __aexit__(self, *details: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def take(self, *, acknowledge: bool = True) -> ServerMessage:
        """Take one message; append a fragment the way a client does."""
        message = await self.pipe.take()
        if isinstance(message, Frag):
            key = (message.layer, message.slice)
            assert message.level_from == self.levels.get(key, NO_LEVEL), "sent twice or with a gap"
            self.slices[key] = self.slices.get(key, b"") + message.payload
            self.levels[key] = message.level_to
            self.order.append((message.slice, message.level_to))
        if acknowledge:
            self.stream.acknowledge(self.pipe.received)
        return message

    async def take_until_done(self, gen: int) -> None:
        while await self.take() != Done(gen):
            pass

    async def settle(self) -> int:
        """Wait until nothing more is sent; returns the number of waiting messages."""
        before = -1
        while before != self.pipe.waiting:
            before = self.pipe.waiting
            for _ in range(20):
                await asyncio.sleep(0)
        return before


def want(
    index: int, to: int, *, priority: int = 0, have: int = NO_LEVEL, layer: int = 0
) -> WantItem:
    return WantItem(layer, 0, index, have, to, priority)


def test_most_urgent_first_then_in_order() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            items = (want(1, 0, priority=9), want(2, 0, priority=1), want(3, 0), want(4, 0))
            socket.stream.want(Want(1, items))
            await socket.take_until_done(1)
            assert [index for index, _ in socket.order] == [3, 4, 2, 1]

    run(scenario())


def test_fragments_of_one_slice_append() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            items = tuple(want(7, level, priority=level) for level in (5, 3, 0, 3))
            socket.stream.want(Want(1, items))
            await socket.take_until_done(1)
            assert socket.order == [(7, 0), (7, 3), (7, 5)]
            assert socket.slices[0, 7] == pixels(0, 7, 0, CUTS[FULL])

    run(scenario())


def test_a_new_generation_replaces_what_was_not_sent() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            socket.stream.want(Want(1, tuple(want(i, FULL) for i in range(100))))
            await socket.settle()
            sent = socket.pipe.waiting
            assert 1 <= sent <= 2
            socket.stream.want(Want(2, (want(99, PREVIEW),)))
            await socket.take_until_done(2)
            assert len(socket.order) == sent + 1
            assert socket.order[-1] == (99, PREVIEW)

    run(scenario())


def test_no_more_than_a_window_is_in_flight() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            socket.stream.want(Want(1, tuple(want(i, PREVIEW) for i in range(100))))
            waiting = await socket.settle()
            assert waiting == -(-FLOOR // (CUTS[PREVIEW] + 17))
            await socket.take(acknowledge=False)
            assert await socket.settle() == waiting - 1
            socket.stream.acknowledge(socket.pipe.received)
            assert await socket.settle() >= waiting

    run(scenario())


def test_what_is_in_flight_is_not_sent_again() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            socket.stream.want(Want(1, (want(5, PREVIEW), want(6, PREVIEW))))
            await socket.settle()
            for gen in range(2, 20):
                socket.stream.want(Want(gen, (want(5, PREVIEW), want(6, FULL))))
                await socket.settle()
            await socket.take_until_done(19)
            assert socket.order == [(5, PREVIEW), (6, PREVIEW), (6, FULL)]

    run(scenario())


def test_what_was_acknowledged_and_thrown_away_is_sent_again() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            socket.stream.want(Want(1, (want(5, PREVIEW),)))
            await socket.take_until_done(1)
            del socket.slices[0, 5], socket.levels[0, 5]
            socket.stream.want(Want(2, (want(5, PREVIEW),)))
            await socket.take_until_done(2)
            assert socket.slices[0, 5] == pixels(0, 5, 0, CUTS[PREVIEW])

    run(scenario())


def test_what_the_client_holds_is_not_sent() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            socket.levels[0, 5] = PREVIEW
            items = (want(5, FULL, have=PREVIEW), want(6, 2, have=2), want(7, 1, have=4))
            socket.stream.want(Want(1, items))
            await socket.take_until_done(1)
            assert socket.order == [(5, FULL)]
            assert socket.slices[0, 5] == pixels(0, 5, CUTS[PREVIEW], CUTS[FULL])

    run(scenario())


def test_an_older_generation_is_ignored() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            socket.stream.want(Want(5, (want(1, 0),)))
            await socket.take_until_done(5)
            socket.stream.want(Want(4, (want(2, 0),)))
            socket.stream.drop(Drop(4))
            assert await socket.settle() == 0

    run(scenario())


def test_drop_empties_the_queue_and_is_not_done() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            socket.stream.want(Want(1, tuple(want(i, PREVIEW) for i in range(100))))
            waiting = await socket.settle()
            socket.stream.drop(Drop(1))
            for _ in range(waiting):
                assert isinstance(await socket.take(), Frag)
            assert await socket.settle() == 0
            socket.stream.want(Want(2, ()))
            await socket.take_until_done(2)

    run(scenario())


def test_a_slice_read_too_late_is_not_sent() -> None:
    async def scenario() -> None:
        started, finish = asyncio.Event(), asyncio.Event()

        async def slow(layer: int, index: int, level_from: int, level_to: int) -> bytes:
            if index == 1:
                started.set()
                await finish.wait()
            return await fetch(layer, index, level_from, level_to)

        async with Socket(source=slow) as socket:
            socket.stream.want(Want(1, (want(1, FULL),)))
            await started.wait()
            socket.stream.want(Want(2, (want(2, 0),)))
            finish.set()
            await socket.take_until_done(2)
            assert socket.order == [(2, 0)]

    run(scenario())


def test_a_read_that_is_not_wanted_any_more_is_cancelled() -> None:
    async def scenario() -> None:
        started, cancelled = asyncio.Event(), asyncio.Event()

        async def endless(layer: int, index: int, level_from: int, level_to: int) -> bytes:
            if index != 1:
                return await fetch(layer, index, level_from, level_to)
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            raise AssertionError

        async with Socket(source=endless) as socket:
            for gen, end in ((1, "want"), (3, "drop")):
                started.clear()
                cancelled.clear()
                socket.stream.want(Want(gen, (want(1, FULL),)))
                await started.wait()
                if end == "want":
                    socket.stream.want(Want(gen + 1, (want(2, 0), want(1, FULL))))
                    assert isinstance(await socket.take(), Frag)
                else:
                    socket.stream.drop(Drop(gen))
                await cancelled.wait()

    run(scenario())


def test_a_read_that_is_still_the_most_urgent_goes_on() -> None:
    async def scenario() -> None:
        started, finish, count = asyncio.Event(), asyncio.Event(), 0

        async def slow(layer: int, index: int, level_from: int, level_to: int) -> bytes:
            nonlocal count
            count += 1
            started.set()
            await finish.wait()
            return await fetch(layer, index, level_from, level_to)

        async with Socket(source=slow) as socket:
            socket.stream.want(Want(1, (want(1, FULL),)))
            await started.wait()
            socket.stream.want(Want(2, (want(1, FULL), want(2, 0))))
            await socket.settle()
            finish.set()
            await socket.take_until_done(2)
            assert socket.order == [(1, FULL), (2, 0)]
            assert count == 2

    run(scenario())


def test_feeds_are_told_what_comes_next() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            items = (want(5, FULL, have=1, priority=1), want(9, 0, layer=0), want(2, 0, layer=1))
            socket.stream.want(Want(1, items))
            assert socket.feeds[0].foreseen == [items[1], items[0]]
            assert socket.feeds[1].foreseen == [items[2]]
            socket.stream.drop(Drop(1))
            assert socket.feeds[0].foreseen == []

    run(scenario())


def test_cut_points_come_before_their_slice_and_once() -> None:
    async def scenario() -> None:
        async with Socket(untold=True) as socket:
            socket.stream.want(Want(1, (want(5, 0), want(5, FULL, priority=1), want(6, 0))))
            kinds = []
            while (message := await socket.take()) != Done(1):
                assert isinstance(message, Cuts | Frag)
                kinds.append(
                    (type(message), message.first if isinstance(message, Cuts) else message.slice)
                )
            assert kinds == [(Cuts, 5), (Frag, 5), (Cuts, 6), (Frag, 6), (Frag, 5)]

    run(scenario())


def test_what_is_there_at_once_is_sent_in_the_same_order() -> None:
    async def scenario() -> None:
        async with Socket(at_once=True) as socket:
            items = tuple(want(i, level, priority=level) for i in range(9) for level in (5, 3))
            socket.stream.want(Want(1, items))
            await socket.take_until_done(1)
            assert socket.order == [(i, 3) for i in range(9)] + [(i, 5) for i in range(9)]
            assert socket.slices[0, 7] == pixels(0, 7, 0, CUTS[FULL])

    run(scenario())


def test_a_want_during_a_blocked_send_does_not_repeat_the_fragment() -> None:
    async def scenario() -> None:
        async with Socket() as socket:
            blocked, release = asyncio.Event(), asyncio.Event()
            deliver = socket.pipe.send

            async def send(data: bytes) -> None:
                blocked.set()
                await release.wait()
                await deliver(data)

            socket.stream._outlet._send = send
            socket.stream.want(Want(1, (want(3, PREVIEW),)))
            await blocked.wait()
            socket.stream.want(Want(2, (want(3, PREVIEW), want(4, 0))))
            release.set()
            await socket.take_until_done(2)
            assert socket.order == [(3, PREVIEW), (4, 0)]

    run(scenario())


def test_a_whole_volume_arrives() -> None:
    async def scenario() -> None:
        async with Socket(slices=40) as socket:
            sweep = tuple(want(i, PREVIEW, priority=1) for i in range(40))
            rest = tuple(want(i, FULL, priority=2) for i in range(40))
            socket.stream.want(Want(1, (*rest, *sweep)))
            await socket.take_until_done(1)
            assert [level for _, level in socket.order] == [PREVIEW] * 40 + [FULL] * 40
            for index in range(40):
                assert socket.slices[0, index] == pixels(0, index, 0, CUTS[FULL])

    run(scenario())


def test_sockets_take_turns() -> None:
    async def scenario() -> None:
        log: list[int] = []

        def logged(number: int) -> Callable[[int, int, int, int], Awaitable[bytes]]:
            async def read(layer: int, index: int, level_from: int, level_to: int) -> bytes:
                log.append(number)
                await asyncio.sleep(0)
                return b"x" * 100

            return read

        async with (
            Socket(source=logged(0)) as a,
            Socket(source=logged(1)) as b,
            Socket(source=logged(2)) as c,
        ):
            for socket in (a, b, c):
                socket.stream.want(Want(1, tuple(want(i, 0) for i in range(100))))
            await asyncio.gather(*(s.take_until_done(1) for s in (a, b, c)))
        assert len(log) == 300
        for start in range(0, 297, 3):
            assert set(log[start : start + 3]) == {0, 1, 2}

    run(scenario())


def test_a_stuck_socket_does_not_hold_up_the_others() -> None:
    async def scenario() -> None:
        async with Socket() as stuck, Socket() as other:
            never = asyncio.Event()

            async def send(data: bytes) -> None:
                await never.wait()

            stuck.stream._outlet._send = send
            stuck.stream.want(Want(1, tuple(want(i, FULL) for i in range(10))))
            other.stream.want(Want(1, tuple(want(i, FULL) for i in range(10))))
            await other.take_until_done(1)
            assert len(other.order) == 10

    run(scenario())


def test_a_failing_read_ends_the_stream() -> None:
    async def scenario() -> None:
        async def broken(layer: int, index: int, level_from: int, level_to: int) -> bytes:
            raise OSError("gone")

        async with Socket(source=broken) as socket:
            socket.stream.want(Want(1, (want(0, 0),)))
            with pytest.raises(OSError, match="gone"):
                await socket.task

    run(scenario())
