"""How much a client may say."""

from contextlib import ExitStack

import pytest

from viewer.limits import BURST, ITEMS_PER_TOKEN, PER_SECOND, Crowd, RateLimit
from viewer.protocol import NO_LEVEL, Ack, ErrorCode, Keepalive, ProtocolError, Want, WantItem

ITEM = WantItem(0, 0, 0, NO_LEVEL, 0, 0)


def spent(
    limit: RateLimit, message: Keepalive | Want | Ack, *, now: float, free: bool = False
) -> int:
    """How many such messages are taken at one moment."""
    count = 0
    while count < 10_000:
        try:
            limit.charge(message, free=free, now=now)
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
        limit.charge(Keepalive(), free=False, now=0.0)
    assert caught.value.code == ErrorCode.TOO_MANY


def test_long_wants_cost_more() -> None:
    limit = RateLimit(now=0.0)
    assert spent(limit, Want(1, (ITEM,) * ITEMS_PER_TOKEN), now=0.0) == BURST / 2


@pytest.mark.parametrize(("free", "taken"), [(True, 10_000), (False, BURST)])
def test_only_acknowledging_something_new_is_free(free: bool, taken: float) -> None:
    assert spent(RateLimit(now=0.0), Ack(100), now=0.0, free=free) == taken


def test_there_is_room_for_so_many_sockets() -> None:
    crowd = Crowd()
    with ExitStack() as places:
        for person in ("a", "a", "b"):
            places.enter_context(crowd.entered(person, most=2, otherwise="Full."))
        with pytest.raises(ProtocolError, match="Full") as caught:
            places.enter_context(crowd.entered("a", most=2, otherwise="Full."))
        assert caught.value.code == ErrorCode.TOO_MANY
        places.enter_context(crowd.entered("b", most=2, otherwise="Full."))
    with crowd.entered("a", most=1, otherwise="Full."):
        pass


def test_a_reader_who_scrolls_is_no_flood() -> None:
    limit = RateLimit(now=0.0)
    for tick in range(1000):
        message = Want(tick, (ITEM,) * 4096)
        limit.charge(message, free=False, now=tick * 0.06)
