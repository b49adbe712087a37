"""The sockets that a process holds, and its signs of life.

Every few seconds the site hears how many there are, and answers which sessions have ended or moved
on: those sockets ask at once whether they may stay, so that stopping a session in another window
is seen in seconds.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from uuid import UUID

from app.core.ids import new_id
from app.images.slices import SourceError
from viewer.gateway.base import Seat

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0

Tell = Callable[[UUID, Sequence[UUID], int], Awaitable[Collection[UUID]]]
"""``tell(process, sessions, sockets)`` gives a sign of life; the sessions to look after."""


class Presence:
    """The seats of one process."""

    def __init__(self, tell: Tell) -> None:
        self.process = new_id()
        self._tell = tell
        self._seats: dict[UUID, set[Seat]] = defaultdict(set)
        self._called: dict[Seat, asyncio.Event] = {}
        self._beating: asyncio.Task[None] | None = None

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return len(self._called)

    def enter(self, seat: Seat) -> None:
        """A socket was let in; the first one starts the signs of life."""
        self._seats[seat.session].add(seat)
        self._called[seat] = asyncio.Event()
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat_while_needed())

    def leave(self, seat: Seat) -> None:
        """A socket was closed."""
        self._called.pop(seat, None)
        seats = self._seats.get(seat.session)
        if seats is not None:
            seats.discard(seat)
            if not seats:
                del self._seats[seat.session]

    async def rest(self, seat: Seat, seconds: float) -> None:
        """Wait, unless the site says meanwhile that the seat's session is over."""
        called = self._called.get(seat)
        if called is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await called.wait()
        called.clear()

    async def beat(self) -> None:
        """Give one sign of life, and call whom it concerns."""
        gone = await self._tell(self.process, list(self._seats), self.sockets)
        for session in gone:
            for seat in self._seats.get(session, ()):
                self._called[seat].set()

    async def beat_on(self) -> None:
        """Give signs of life until cancelled; a site that does not answer is asked again."""
        self._beating = asyncio.current_task()
        while True:
            await self._heard()
            await asyncio.sleep(BEAT_SECONDS)

    async def _beat_while_needed(self) -> None:
        """Beat as long as there are sockets, and once more to say that there are none."""
        while self.sockets:
            await asyncio.sleep(BEAT_SECONDS)
            await self._heard()

    async def _heard(self) -> None:
        """Give one sign of life; that nobody hears it changes nothing here."""
        try:
            await self.beat()
        except SourceError as error:
            logger.warning("No sign of life was heard: %s", error)
        except Exception:
            logger.exception("No sign of life was heard; trying again.")
