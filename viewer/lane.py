"""Turns for work in threads beside an event loop. Pure asyncio."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]
REST = 4.0
"""Pauses are so much longer than the work before them."""


class Lane:
    """One at a time, with pauses: for work in threads that would hold up the event loop.

    Python runs one thread at a time. What computes for 30 ms holds up every slice for as long, and
    a hundred of these in a row, as after a restart when all readers come back at once, hold up
    everybody for seconds.
    """

    def __init__(self, *, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._turn = asyncio.Lock()
        self._clock = clock
        self._sleep = sleep
        self._free_at = 0.0

    @asynccontextmanager
    async def turn(self, *, longest_pause: float) -> AsyncIterator[None]:
        """Wait for a turn; the next one comes after `REST` times what this one takes.

        ``longest_pause`` is in seconds.
        """
        async with self._turn:
            await self._sleep(max(0.0, self._free_at - self._clock()))
            began = self._clock()
            try:
                yield
            finally:
                now = self._clock()
                self._free_at = now + min(REST * (now - began), longest_pause)
