"""How much a client may say, and how many may be there. Pure."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from viewer.protocol import ClientMessage, ErrorCode, ProtocolError, Want

PER_SECOND = 40.0
BURST = 120.0
ITEMS_PER_TOKEN = 4096
CROWDED = "This server shows images to as many readers as it can. Try again in a moment."
TOO_MANY_OPEN = "You have too many viewers open. Close one, then reload this page."


class RateLimit:
    """A token bucket: every message costs one, a long WANT more. Times are given by the caller."""

    def __init__(self, *, now: float) -> None:
        self._tokens = BURST
        self._filled_at = now

    def charge(self, message: ClientMessage, *, free: bool, now: float) -> None:
        """Take a message into account. Raises `ProtocolError` for a flood.

        ``free`` is an ACK for a message that was not acknowledged before: there are only as many
        as we send.
        """
        if free:
            return
        grown = self._tokens + (now - self._filled_at) * PER_SECOND
        self._tokens, self._filled_at = min(grown, BURST), now
        cost = 1.0
        if isinstance(message, Want):
            cost += len(message.items) / ITEMS_PER_TOKEN
        if cost > self._tokens:
            raise ProtocolError(ErrorCode.TOO_MANY, "Too many messages; wait a moment.")
        self._tokens -= cost


class Crowd:
    """Open sockets, counted by whoever opened them."""

    def __init__(self) -> None:
        self._open: Counter[Hashable] = Counter()

    @contextmanager
    def entered(self, who: Hashable, *, most: int, otherwise: str) -> Iterator[None]:
        """Count a socket while it is open.

        Raises `ProtocolError` with the sentence ``otherwise`` where there is no room.
        """
        if self._open[who] >= most:
            raise ProtocolError(ErrorCode.TOO_MANY, otherwise)
        self._open[who] += 1
        try:
            yield
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]
