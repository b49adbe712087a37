"""Sends slices in the order the client wants them now.

Pure asyncio: the transport and the pack are given as functions.

One `SliceStream` serves one socket. Its queue is looked at again before every send, so a new
generation takes over after at most one window of bytes. Fragments append on the client, and
nothing is sent twice: what is in flight counts as held.
"""

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from viewer.protocol import (
    AXIAL,
    NO_LEVEL,
    Done,
    Drop,
    ErrorCode,
    Frag,
    ProtocolError,
    ServerMessage,
    Want,
    WantItem,
    encode,
)
from viewer.window import Window

Send = Callable[[bytes], Awaitable[None]]
Fetch = Callable[[int, int, int, int], Awaitable[bytes]]
"""`fetch(layer, slice, level_from, level_to)` gives the bytes between two levels of a slice."""

_NOTHING = -1


@dataclass(frozen=True, slots=True)
class LayerShape:
    """What can be asked of a layer."""

    slices: int
    levels: int


class _Task(NamedTuple):
    """An entry of the queue: most urgent first, then in the order of the message."""

    priority: int
    order: int
    item: WantItem


class _Sent(NamedTuple):
    """A fragment on the wire: it is acknowledged with the byte at `end`."""

    end: int
    key: tuple[int, int]
    level: int


class Outlet:
    """The sending side of one socket: every byte that leaves is counted in its window."""

    def __init__(self, send: Send, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._send = send
        self._clock = clock
        self.window = Window(now=clock())

    async def post(self, message: ServerMessage) -> None:
        """Send a message."""
        await self.post_bytes(encode(message))

    async def post_bytes(self, data: bytes) -> None:
        """Send an encoded message; it counts as sent before the transport has taken it."""
        self.window.record_sent(len(data), now=self._clock())
        await self._send(data)

    def acknowledge(self, total: int) -> None:
        """The client has received `total` bytes."""
        self.window.record_acknowledged(total, now=self._clock())


class SliceStream:
    """The queue of one socket and the loop that empties it."""

    def __init__(
        self,
        *,
        outlet: Outlet,
        layers: Sequence[LayerShape],
        fetch: Fetch,
        turns: asyncio.Semaphore,
    ) -> None:
        """`turns` is shared by all sockets of a process:

        it bounds the reads at one time, first come first served.
        """
        self._outlet = outlet
        self._layers = layers
        self._fetch = fetch
        self._turns = turns
        self._queue: list[_Task] = []
        self._edition = 0
        self._newest = -1
        self._unfinished: int | None = None
        self._held: dict[tuple[int, int], int] = {}
        self._flying: deque[_Sent] = deque()
        self._wake = asyncio.Event()

    def take(self, message: Want | Drop) -> None:
        """Hand a message to `want` or `drop`."""
        if isinstance(message, Want):
            self.want(message)
        else:
            self.drop(message)

    def want(self, message: Want) -> None:
        """Replace the queue.

        Raises `ProtocolError` for slices that do not exist; an older generation is ignored.
        """
        for item in message.items:
            self._check(item)
        if message.gen < self._newest:
            return
        self._newest = self._unfinished = message.gen
        self._edition += 1
        self._queue = [_Task(item.priority, i, item) for i, item in enumerate(message.items)]
        heapq.heapify(self._queue)
        self._held = {}
        for sent in self._flying:
            self._held[sent.key] = max(sent.level, self._held.get(sent.key, _NOTHING))
        self._wake.set()

    def drop(self, message: Drop) -> None:
        """Forget this generation and older ones."""
        if message.gen < self._newest:
            return
        self._newest, self._unfinished = message.gen, None
        self._edition += 1
        self._queue = []

    def acknowledge(self, total: int) -> None:
        """The client has received `total` bytes:

        the window opens, and what arrived is no longer in flight.
        """
        self._outlet.acknowledge(total)
        while self._flying and self._flying[0].end <= total:
            self._flying.popleft()
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled. Whatever `fetch` or the transport raises ends the loop."""
        while True:
            self._wake.clear()
            if not await self._step():
                await self._wake.wait()
            else:
                await asyncio.sleep(0)

    async def _step(self) -> bool:
        """Send one message if there is one to send and room for it."""
        task = self._next()
        if task is None:
            return await self._finish()
        if not self._outlet.window.is_open:
            return False
        await self._serve(task.item)
        return True

    def _next(self) -> _Task | None:
        """The most urgent task that still has something to send; finished ones are thrown away."""
        while self._queue:
            item = self._queue[0].item
            if self._have(item) < item.level_to:
                return self._queue[0]
            heapq.heappop(self._queue)
        return None

    async def _finish(self) -> bool:
        """Tell the client once that its generation is complete."""
        if self._unfinished is None:
            return False
        gen, self._unfinished = self._unfinished, None
        self._outlet.window.record_starved()
        await self._outlet.post(Done(gen=gen))
        return True

    async def _serve(self, item: WantItem) -> None:
        """Send what is missing of one slice, unless the queue was replaced while it was read."""
        edition, have = self._edition, self._have(item)
        start = NO_LEVEL if have == _NOTHING else have
        async with self._turns:
            payload = await self._fetch(item.layer, item.slice, start, item.level_to)
        if edition != self._edition:
            return
        key = (item.layer, item.slice)
        self._held[key] = item.level_to
        data = encode(
            Frag(self._newest, item.layer, item.plane, item.slice, start, item.level_to, payload)
        )
        self._flying.append(_Sent(self._outlet.window.sent + len(data), key, item.level_to))
        await self._outlet.post_bytes(data)

    def _have(self, item: WantItem) -> int:
        """The level the client holds or will hold when what is in flight has arrived."""
        stated = _NOTHING if item.level_have == NO_LEVEL else item.level_have
        return max(stated, self._held.get((item.layer, item.slice), _NOTHING))

    def _check(self, item: WantItem) -> None:
        if item.layer >= len(self._layers) or item.plane != AXIAL:
            raise _out_of_range("There is no such layer or plane.")
        shape = self._layers[item.layer]
        known = item.level_have == NO_LEVEL or item.level_have < shape.levels
        if item.slice >= shape.slices or item.level_to >= shape.levels or not known:
            raise _out_of_range("There is no such slice or level.")


def _out_of_range(message: str) -> ProtocolError:
    return ProtocolError(ErrorCode.OUT_OF_RANGE, message)
