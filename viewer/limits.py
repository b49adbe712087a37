"""How much a client may say. Pure."""

from viewer.protocol import Ack, ClientMessage, ErrorCode, ProtocolError, Want

PER_SECOND = 40.0
BURST = 120.0
ITEMS_PER_TOKEN = 4096


class RateLimit:
    """A token bucket: every message costs one, a long WANT more. Times are given by the caller.

    An ACK that acknowledges something new costs nothing: there are only as many as we send bytes.
    """

    def __init__(self, *, now: float) -> None:
        self._tokens = BURST
        self._filled_at = now

    def charge(self, message: ClientMessage, *, acknowledged: int, now: float) -> None:
        """Take a message into account. Raises `ProtocolError` for a flood."""
        if isinstance(message, Ack) and message.received > acknowledged:
            return
        grown = self._tokens + (now - self._filled_at) * PER_SECOND
        self._tokens, self._filled_at = min(grown, BURST), now
        cost = 1.0
        if isinstance(message, Want):
            cost += len(message.items) / ITEMS_PER_TOKEN
        if cost > self._tokens:
            raise ProtocolError(ErrorCode.TOO_MANY, "Too many messages; wait a moment.")
        self._tokens -= cost
