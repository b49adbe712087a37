"""How much a client may say."""

import pytest

from viewer.limits import BURST, ITEMS_PER_TOKEN, PER_SECOND, RateLimit
from viewer.protocol import NO_LEVEL, Ack, ErrorCode, Keepalive, ProtocolError, Want, WantItem

ITEM = WantItem(0, 0, 0, NO_LEVEL, 0, 0)


def spent(limit: RateLimit, message: Keepalive | Want | Ack, *, now: float) -> int:
    """How many such messages are taken at one moment."""
    count = 0
    while count < 10_000:
        try:
            limit.charge(message, acknowledged=100, now=now)
        except ProtocolError:
            return count
        count += 1
    return count


def test_a_burst_and_then_a_rate() -> None:
    limit = RateLimit(now=0.0)
    assert spent(limit, Keepalive(), now=0.0) == BURST
    assert spent(limit, Keepalive(), now=1.0) == PER_SECOND
    assert spent(limit, Keepalive(), now=1000.0) == BURST


def test_a_flood_is_told_apart() -> None:
    limit = RateLimit(now=0.0)
    spent(limit, Keepalive(), now=0.0)
    with pytest.raises(ProtocolError) as caught:
        limit.charge(Keepalive(), acknowledged=0, now=0.0)
    assert caught.value.code == ErrorCode.TOO_MANY


def test_long_wants_cost_more() -> None:
    limit = RateLimit(now=0.0)
    assert spent(limit, Want(1, (ITEM,) * ITEMS_PER_TOKEN), now=0.0) == BURST / 2


@pytest.mark.parametrize(("received", "taken"), [(101, 10_000), (100, BURST)])
def test_only_acknowledging_something_new_is_free(received: int, taken: float) -> None:
    assert spent(RateLimit(now=0.0), Ack(received), now=0.0) == taken


def test_a_reader_who_scrolls_is_no_flood() -> None:
    limit = RateLimit(now=0.0)
    for tick in range(1000):
        message = Want(tick, (ITEM,) * 4096)
        limit.charge(message, acknowledged=0, now=tick * 0.06)
