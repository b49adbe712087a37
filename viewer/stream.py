"""Sends slices in the order the client wants them now.

Pure asyncio: the transport and the slices are given as functions.

One `SliceStream` serves one socket. Its queue is looked at again before every send, so a new
generation takes over after at most one window of bytes. Fragments append on the client, and
nothing is sent twice: what is in flight counts as held. After every message the loop goes round
all sockets, so they take turns fragment by fragment; whatever takes time (the network, a disk, an
encoder) is waited for outside of the loop, and waited for no longer once it is not wanted.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from viewer.protocol import (
    FRAG_HEAD,
    NO_LEVEL,
    Cuts,
    Done,
    Drop,
    Payload,
    ServerMessage,
    Want,
    WantItem,
    encode,
    frame_fragment,
)
from viewer.queue import NOTHING, LayerShape, WantQueue
from viewer.window import Window

__all__ = ["Feed", "LayerShape", "Outlet", "SliceStream"]

Send = Callable[[Payload], Awaitable[None]]
ROOM = FRAG_HEAD.size
AHEAD = 48
"""Items of the queue that are told to the feeds before their turn."""


class Feed(Protocol):
    """The slices of one layer, for one socket."""

    @property
    def shape(self) -> LayerShape:
        """What can be asked for."""

    @property
    def looks_ahead(self) -> bool:
        """Whether it helps to say what comes next."""

    def fragment(
        self, index: int, level_from: int, level_to: int
    ) -> bytearray | Awaitable[bytearray]:
        """The bytes between two levels of a slice behind `ROOM` free bytes: at once, or later.

        What is awaited may be cancelled.
        """

    def untold(self, index: int) -> Cuts | None:
        """Cut points that have to be sent before a fragment of the slice."""

    def foresee(self, items: Iterable[WantItem]) -> None:
        """These will be asked for next, in this order; of all others nothing is known any more."""


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

    async def post_bytes(self, data: Payload) -> None:
        """Send an encoded message; it counts as sent before the transport has taken it."""
        self.window.record_sent(len(data), now=self._clock())
        await self._send(data)

    def acknowledge(self, total: int) -> None:
        """The client has received `total` bytes."""
        self.window.record_acknowledged(total, now=self._clock())


class SliceStream:
    """The queue of one socket and the loop that empties it."""

    def __init__(self, *, outlet: Outlet, feeds: Sequence[Feed]) -> None:
        self._outlet = outlet
        self._feeds = feeds
        self._queue = WantQueue([feed.shape for feed in feeds])
        self._edition = 0
        self._newest = -1
        self._unfinished: int | None = None
        self._held: dict[tuple[int, int], int] = {}
        self._flying: deque[_Sent] = deque()
        self._wake = asyncio.Event()
        self._fetching: asyncio.Future[bytearray] | None = None
        self._fetched: WantItem | None = None

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
        if message.gen < self._newest:
            self._queue.check(message)
            return
        self._queue.replace(message)
        self._newest = self._unfinished = message.gen
        self._edition += 1
        self._held = {}
        for sent in self._flying:
            self._held[sent.key] = max(sent.level, self._held.get(sent.key, NOTHING))
        self._foresee()
        self._give_up_fetching()
        self._wake.set()

    def drop(self, message: Drop) -> None:
        """Forget this generation and older ones."""
        if message.gen < self._newest:
            return
        self._newest, self._unfinished = message.gen, None
        self._edition += 1
        self._queue.clear()
        self._foresee()
        self._give_up_fetching()

    def acknowledge(self, total: int) -> None:
        """The client has received `total` bytes:

        the window opens, and what arrived is no longer in flight.
        """
        self._outlet.acknowledge(total)
        while self._flying and self._flying[0].end <= total:
            self._flying.popleft()
        self._wake.set()

    async def post(self, message: ServerMessage) -> None:
        """Send a message between the fragments."""
        await self._outlet.post(message)

    async def run(self) -> None:
        """Send until cancelled. Whatever a feed or the transport raises ends the loop."""
        while True:
            self._wake.clear()
            if not await self._step():
                await self._wake.wait()
            else:
                await asyncio.sleep(0)

    async def _step(self) -> bool:
        """Send one message if there is one to send and room for it."""
        item = self._next()
        if item is None:
            return await self._finish()
        if not self._outlet.window.is_open:
            return False
        await self._serve(item)
        return True

    def _next(self) -> WantItem | None:
        """The most urgent item that still has something to send; finished ones are thrown away."""
        while (item := self._queue.first()) is not None:
            if self._have(item) < item.level_to:
                return item
            self._queue.pop()
        return None

    async def _finish(self) -> bool:
        """Tell the client once that its generation is complete."""
        if self._unfinished is None:
            return False
        self._outlet.window.record_starved()
        gen, self._unfinished = self._unfinished, None
        await self._outlet.post(Done(gen=gen))
        return True

    async def _serve(self, item: WantItem) -> None:
        """Send what is missing of one slice, unless the queue was replaced while it was read."""
        edition, have = self._edition, self._have(item)
        start = NO_LEVEL if have == NOTHING else have
        feed = self._feeds[item.layer]
        found = feed.fragment(item.slice, start, item.level_to)
        if not isinstance(found, bytearray):
            self._foresee()
            fetched = await self._fetch(found, item)
            if fetched is None or (edition != self._edition and not self._is_next(item, have)):
                return
            edition, found = self._edition, fetched
        # From here to the send nothing is awaited: the queue is what it was.
        untold = feed.untold(item.slice)
        if untold is not None:
            await self._outlet.post(untold)
            if edition != self._edition:
                return
        frame_fragment(found, (self._newest, *item[:3], start, item.level_to))
        key = (item.layer, item.slice)
        self._held[key] = item.level_to
        self._flying.append(_Sent(self._outlet.window.sent + len(found), key, item.level_to))
        await self._outlet.post_bytes(found)

    async def _fetch(self, found: Awaitable[bytearray], item: WantItem) -> bytearray | None:
        """Wait for a fragment; None when it is not wanted any more."""
        self._fetching, self._fetched = asyncio.ensure_future(found), item
        try:
            await asyncio.wait([self._fetching])
            return None if self._fetching.cancelled() else self._fetching.result()
        finally:
            self._fetching.cancel()
            self._fetching = self._fetched = None

    def _give_up_fetching(self) -> None:
        """Stop waiting for what is not the most urgent any more.

        What is still among the next ones goes on being fetched for the feed.
        """
        fetching, item = self._fetching, self._fetched
        if fetching is None or item is None or self._is_next(item, self._have(item)):
            return
        fetching.cancel()

    def _is_next(self, item: WantItem, have: int) -> bool:
        """Whether the most urgent item is the same fragment of the same slice."""
        first = self._next()
        same = first is not None and first[:3] == item[:3] and first.level_to == item.level_to
        return same and first is not None and self._have(first) == have

    def _foresee(self) -> None:
        """Tell the feeds what comes next."""
        looking = [(number, feed) for number, feed in enumerate(self._feeds) if feed.looks_ahead]
        if not looking:
            return
        coming = [item._replace(level_have=self._from(item)) for item in self._queue.coming(AHEAD)]
        for number, feed in looking:
            feed.foresee(item for item in coming if item.layer == number)

    def _from(self, item: WantItem) -> int:
        have = self._have(item)
        return NO_LEVEL if have == NOTHING else have

    def _have(self, item: WantItem) -> int:
        """The level the client holds or will hold when what is in flight has arrived."""
        stated = NOTHING if item.level_have == NO_LEVEL else item.level_have
        return max(stated, self._held.get((item.layer, item.slice), NOTHING))
