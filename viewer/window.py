"""How many bytes may be on the wire of one socket: about one bandwidth-delay product. Pure.

Whatever is on the wire cannot be called back when the reader jumps, so the window is as small as
the line allows. It follows the client's acknowledgements as in BBR (Cardwell et al., ACM Queue
14(5), 2016): rate = the best delivery rate of the last rounds, delay = the shortest round trip,
window = gain x rate x delay. On short lines the delay counts as `PAUSE`: there a reader waits for
the client's processor, not for the line, and acknowledgements come late and together.
"""

from collections import deque
from dataclasses import dataclass

from viewer.protocol import ErrorCode, ProtocolError

FLOOR = 64 * 1024
CEILING = 8 * 1024 * 1024
STARTUP_GAIN = 2.0
STEADY_GAIN = 1.25
RATE_ROUNDS = 10
PLATEAU_ROUNDS = 3
DELAY_LIFETIME = 30.0
PAUSE = 0.016
"""Seconds that a client may be busy between two looks at its socket: a frame. What lies on the
wire no longer than that, nobody misses after a jump."""
_SHORTEST_DELAY = 1e-4


@dataclass(frozen=True, slots=True)
class _Mark:
    """One message on the wire: where it ends, and what was known when it left."""

    end: int
    sent_at: float
    delivered: int
    delivered_at: float
    starved: bool


class Window:
    """Counts sent and acknowledged bytes;

    times are seconds of a monotonic clock, given by the caller.
    """

    def __init__(self, *, now: float) -> None:
        self.sent = 0
        self.acknowledged = 0
        self.limit = FLOOR
        self._acknowledged_at = now
        self._marks: deque[_Mark] = deque()
        self._rates: deque[float] = deque([0.0], maxlen=RATE_ROUNDS + 1)
        self._delay = float("inf")
        self._delay_at = now
        self._round_end = 0
        self._starved_until = 0
        self._best = 0.0
        self._flat_rounds = 0
        self._probe_from: int | None = None

    @property
    def in_flight(self) -> int:
        """Bytes sent and not acknowledged."""
        return self.sent - self.acknowledged

    @property
    def is_open(self) -> bool:
        """Whether the next message may be sent.

        One larger than the window goes when there is any room.
        """
        return self.in_flight < (FLOOR if self._probe_from is not None else self.limit)

    def record_sent(self, size: int, *, now: float) -> None:
        """A message of `size` bytes was handed to the transport."""
        if not self.in_flight:
            self._acknowledged_at = now
        self.sent += size
        starved = self.acknowledged < self._starved_until
        self._marks.append(_Mark(self.sent, now, self.acknowledged, self._acknowledged_at, starved))

    def record_starved(self) -> None:
        """Nothing was left to send:

        rates measured on what is in flight now say nothing about the line.
        """
        self._starved_until = self.sent

    def completes(self, total: int) -> bool:
        """Whether acknowledging `total` bytes acknowledges a message that was not before."""
        return bool(self._marks) and self._marks[0].end <= total <= self.sent

    def record_acknowledged(self, total: int, *, now: float) -> None:
        """The client has received `total` bytes.

        Raises `ProtocolError` for bytes that were never sent.
        """
        if total > self.sent or total < self.acknowledged:
            raise ProtocolError(
                ErrorCode.OUT_OF_RANGE, f"{total} bytes cannot have been received of {self.sent}."
            )
        last = None
        while self._marks and self._marks[0].end <= total:
            last = self._marks.popleft()
        self.acknowledged = total
        self._acknowledged_at = now
        if last is not None:
            self._measure(last, now)

    def _measure(self, mark: _Mark, now: float) -> None:
        self._measure_delay(mark, now)
        rate = (self.acknowledged - mark.delivered) / max(now - mark.delivered_at, _SHORTEST_DELAY)
        if not mark.starved or rate > self._rate:
            self._rates[-1] = max(self._rates[-1], rate)
        if mark.end > self._round_end and not mark.starved:
            self._next_round()
        gain = STEADY_GAIN if self._flat_rounds >= PLATEAU_ROUNDS else STARTUP_GAIN
        wanted = gain * self._rate * max(self._delay, PAUSE)
        self.limit = int(min(max(wanted, FLOOR), CEILING))

    @property
    def _rate(self) -> float:
        """The best delivery rate of the last rounds, bytes per second."""
        return max(self._rates)

    def _next_round(self) -> None:
        """One round trip has passed: has the rate still grown by a quarter?"""
        self._round_end = self.sent
        if self._rate > self._best * 1.25:
            self._best, self._flat_rounds = self._rate, 0
        else:
            self._flat_rounds += 1
        self._rates.append(0.0)

    def _measure_delay(self, mark: _Mark, now: float) -> None:
        """Keep the shortest round trip; measure it anew, on a quiet line, when it grows old."""
        delay = max(now - mark.sent_at, _SHORTEST_DELAY)
        if self._probe_from is not None and mark.end > self._probe_from:
            self._delay, self._delay_at, self._probe_from = delay, now, None
        elif delay <= self._delay:
            self._delay, self._delay_at = delay, now
        elif self._probe_from is None and now - self._delay_at > DELAY_LIFETIME:
            self._probe_from = self.sent
