"""Who listens to a group of the channel layer, on a real one."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import InMemoryChannelLayer, get_channel_layer

from app.core import audience, hints
from app.core.audience import heard
from app.core.hints import listening, push

GROUPS = ["audience.one", "audience.two"]


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The groups of every way to the event loop."""
    found: list[set[str]] = []
    send = hints._send

    async def noted(given: hints.Hints, known: set[str]) -> None:
        found.append(known)
        await send(given, known)

    monkeypatch.setattr(hints, "_send", noted)
    return found


def test_only_groups_with_listeners_are_heard() -> None:
    layer = get_channel_layer()

    async def listen() -> str:
        channel: str = await layer.new_channel()
        await layer.group_add(GROUPS[1], channel)
        return channel

    channel = async_to_sync(listen)()
    assert heard(GROUPS) == {GROUPS[1]}
    async_to_sync(layer.group_discard)(GROUPS[1], channel)
    assert heard(GROUPS) == set()


def test_a_layer_that_cannot_be_asked_may_have_listeners_everywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audience, "get_channel_layer", InMemoryChannelLayer)
    assert heard(GROUPS) == set(GROUPS)


def test_who_listens_gets_the_hint_and_nothing_goes_out_for_nobody(
    pushed: list[set[str]],
) -> None:
    async def listen() -> bool:
        async with listening([GROUPS[0]]) as wait:
            await sync_to_async(push)([(GROUPS, {"state": "DONE"})])
            return await wait(5.0)

    assert async_to_sync(listen)()
    assert pushed == [{GROUPS[0]}]
    push([(GROUPS, {"state": "DONE"})])
    assert pushed == [{GROUPS[0]}]
