"""The window finds the bandwidth-delay product of a simulated line, in simulated time."""

from collections import deque
from dataclasses import dataclass, field

import pytest

from viewer.protocol import ErrorCode, ProtocolError
from viewer.window import CEILING, FLOOR, PAUSE, Window

MEGABIT = 1e6 / 8


@dataclass
class Line:
    """A line with a rate (bytes/s) and a round trip (s) that acknowledges every message."""

    rate: float
    round_trip: float
    message: int = 15_000
    now: float = 0.0
    free_at: float = 0.0
    arrived: int = 0
    returning: deque[tuple[float, int]] = field(default_factory=deque)

    def send(self, window: Window) -> None:
        window.record_sent(self.message, now=self.now)
        self.free_at = max(self.free_at, self.now) + self.message / self.rate
        self.returning.append((self.free_at + self.round_trip, window.sent))

    def run(self, window: Window, seconds: float) -> float:
        """Send as much as the window allows; returns bytes acknowledged per second."""
        end, before = self.now + seconds, window.acknowledged
        while self.now < end:
            while window.is_open:
                self.send(window)
            self.now, total = self.returning.popleft()
            window.record_acknowledged(total, now=self.now)
        return (window.acknowledged - before) / seconds


@pytest.mark.parametrize("rate", [10 * MEGABIT, 100 * MEGABIT, 1000 * MEGABIT])
@pytest.mark.parametrize("round_trip", [0.005, 0.02, 0.15])
def test_the_line_is_filled_and_not_much_more(rate: float, round_trip: float) -> None:
    message = 140_000 if rate > 100 * MEGABIT else 15_000
    line, window = Line(rate, round_trip, message=message), Window(now=0.0)
    line.run(window, 40 * round_trip)
    throughput = line.run(window, 50 * round_trip)
    product = rate * (max(round_trip, PAUSE) + line.message / rate)
    possible = min(rate, CEILING / round_trip)
    assert throughput > 0.93 * possible
    assert window.limit <= max(FLOOR, 1.6 * product) + line.message


def test_it_starts_small() -> None:
    window = Window(now=0.0)
    while window.is_open:
        window.record_sent(1000, now=0.0)
    assert FLOOR <= window.in_flight < FLOOR + 1000
    window.record_acknowledged(1000, now=0.02)
    assert window.is_open


def test_a_client_that_answers_late_does_not_stop_a_short_line() -> None:
    """It answered at once when it had nothing else to do; now it is busy between two looks."""
    line, window = Line(1000 * MEGABIT, 0.0005, message=110_000), Window(now=0.0)
    line.run(window, 0.05)
    line.round_trip = 0.008
    line.run(window, 1)
    assert line.run(window, 2) > 0.9 * line.rate


def test_it_shrinks_when_the_line_gets_slower() -> None:
    line, window = Line(1000 * MEGABIT, 0.05, message=140_000), Window(now=0.0)
    line.run(window, 3)
    wide = window.limit
    line.rate = 20 * MEGABIT
    line.run(window, 60)
    assert window.limit < wide / 5


def test_it_follows_a_line_that_gets_longer() -> None:
    line, window = Line(100 * MEGABIT, 0.01, message=50_000), Window(now=0.0)
    line.run(window, 2)
    line.round_trip = 0.1
    line.run(window, 120)
    assert line.run(window, 5) > 0.85 * line.rate


def test_little_to_send_does_not_spoil_the_estimate() -> None:
    line, window = Line(100 * MEGABIT, 0.02), Window(now=0.0)
    line.run(window, 2)
    full = window.limit
    for _ in range(100):
        window.record_starved()
        line.now += 0.1
        line.send(window)
        line.now, total = line.returning.popleft()
        window.record_acknowledged(total, now=line.now)
    assert window.limit > 0.7 * full


@pytest.mark.parametrize("total", [101, 49])
def test_an_impossible_acknowledgement_is_an_error(total: int) -> None:
    window = Window(now=0.0)
    window.record_sent(100, now=0.0)
    window.record_acknowledged(50, now=0.1)
    with pytest.raises(ProtocolError) as caught:
        window.record_acknowledged(total, now=0.2)
    assert caught.value.code == ErrorCode.OUT_OF_RANGE


def test_acknowledging_the_same_again_is_harmless() -> None:
    window = Window(now=0.0)
    window.record_sent(100, now=0.0)
    window.record_acknowledged(50, now=0.1)
    window.record_acknowledged(50, now=0.2)
    assert window.in_flight == 50
