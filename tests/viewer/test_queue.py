"""The order of what a socket wants, and what cannot be wanted."""

import pytest

from viewer.protocol import (
    NO_LEVEL,
    ErrorCode,
    ProtocolError,
    Want,
    WantItem,
    decode_client,
    encode,
)
from viewer.queue import LayerShape, WantQueue

SHAPES = [LayerShape(100, 6), LayerShape(3, 1)]


def all_of(queue: WantQueue) -> list[WantItem]:
    """What comes out, one after the other."""
    found = []
    while (item := queue.first()) is not None:
        found.append(item)
        queue.pop()
    return found


@pytest.mark.parametrize("on_the_wire", [False, True])
def test_most_urgent_first_and_what_is_held_left_out(on_the_wire: bool) -> None:
    items = tuple(WantItem(0, 0, i, NO_LEVEL, 3, (i * 7) % 5) for i in range(100))
    held = (WantItem(0, 0, 1, 3, 3, 0), WantItem(0, 0, 2, 5, 1, 0))
    message = Want(1, (*held, *items))
    if on_the_wire:
        decoded = decode_client(encode(message))
        assert decoded == message
        assert isinstance(decoded, Want)
        message = decoded
    queue = WantQueue(SHAPES)
    queue.replace(message)
    ordered = sorted(items, key=lambda item: item.priority)
    assert list(queue.coming(7)) == ordered[:7]
    assert all_of(queue) == ordered
    queue.replace(message)
    queue.clear()
    assert all_of(queue) == []


@pytest.mark.parametrize(
    "item",
    [
        WantItem(2, 0, 0, NO_LEVEL, 0, 0),
        WantItem(0, 1, 0, NO_LEVEL, 0, 0),
        WantItem(0, 0, 100, NO_LEVEL, 0, 0),
        WantItem(0, 0, 0, NO_LEVEL, 6, 0),
        WantItem(0, 0, 0, 6, 5, 0),
        WantItem(0, 0, 0, NO_LEVEL, NO_LEVEL, 0),
        WantItem(1, 0, 0, NO_LEVEL, 1, 0),
    ],
)
def test_what_does_not_exist_cannot_be_wanted(item: WantItem) -> None:
    queue, sound = WantQueue(SHAPES), WantItem(0, 0, 0, NO_LEVEL, 0, 0)
    queue.replace(Want(1, (sound,)))
    with pytest.raises(ProtocolError) as caught:
        queue.replace(Want(2, (sound, sound, item)))
    assert caught.value.code == ErrorCode.OUT_OF_RANGE
    assert all_of(queue) == [sound]
