"""Hints: something may have changed, look again.

A hint goes through the channel layer to whoever listens to its group, and may be lost on the way
or come twice. It never is the news itself: who hears one reads the truth from the database.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from app.core.audience import heard

logger = logging.getLogger(__name__)
WITHOUT_LAYER_SECONDS = 0.5
Wait = Callable[[float], Awaitable[bool]]
Hints = Sequence[tuple[Sequence[str], dict[str, Any]]]


class _Bundle:
    """The hints of one transaction or savepoint: they go out together, equal ones once."""

    def __init__(self) -> None:
        self.hints: list[tuple[Sequence[str], dict[str, Any]]] = []
        self.is_gone = False

    def __call__(self) -> None:
        self.is_gone = True
        push(self.hints)


def hint(*groups: str, **said: Any) -> None:
    """Push a hint to groups once the transaction under way has committed."""
    bundle = _bundle_under_way()
    if bundle is None:
        bundle = _Bundle()
        bundle.hints.append((groups, said))
        transaction.on_commit(bundle, robust=True)
    elif (groups, said) not in bundle.hints:
        bundle.hints.append((groups, said))


def _bundle_under_way() -> _Bundle | None:
    """Return the bundle that will share the fate of what is done now."""
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        return None
    nothing = {None}  # stands for a block without a savepoint of its own
    here = set(connection.savepoint_ids) - nothing
    for savepoints, called, _ in connection.run_on_commit:
        if isinstance(called, _Bundle) and savepoints - nothing == here and not called.is_gone:
            return called
    return None


def push(hints: Hints) -> None:
    """Push hints now to who listens; a layer that cannot be reached is logged.

    Nobody depends on hints: who begins to listen meanwhile looks at the truth first.
    """
    try:
        known = heard(list(dict.fromkeys(group for groups, _ in hints for group in groups)))
        if known:
            async_to_sync(_send)(hints, known)
    except Exception as error:  # noqa: BLE001 - whatever it is, what was committed stays so
        groups = ", ".join(group for groups, _ in hints for group in groups)
        logger.warning("A hint to %s was lost: %s", groups, error)


@asynccontextmanager
async def listening(groups: Sequence[str]) -> AsyncIterator[Wait]:
    """Yield ``wait(seconds)``: it returns as soon as a hint comes, with whether one came.

    Look at the truth after entering and before waiting, and nothing is missed. Without a channel
    layer it returns twice a second.
    """
    layer = get_channel_layer()
    try:
        channel = await layer.new_channel()
        for group in groups:
            await layer.group_add(group, channel)
    except Exception as error:  # noqa: BLE001 - slower, but it works
        logger.warning("Hints cannot be heard: %s", error)
        yield _sleep
        return

    async def wait(seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await layer.receive(channel)
        except TimeoutError:
            return False
        except Exception as error:  # noqa: BLE001 - slower, but it works
            logger.warning("Hints cannot be heard: %s", error)
            return await _sleep(seconds)
        return True

    try:
        yield wait
    finally:
        await asyncio.shield(_leave(layer, groups, channel))


async def _send(hints: Hints, known: set[str]) -> None:
    layer, now = get_channel_layer(), time.time()
    await asyncio.gather(
        *(
            layer.group_send(group, {"type": "hint", "at": now, **said})
            for groups, said in hints
            for group in groups
            if group in known
        )
    )


async def _sleep(seconds: float) -> bool:
    await asyncio.sleep(min(seconds, WITHOUT_LAYER_SECONDS))
    return True


async def _leave(layer: Any, groups: Sequence[str], channel: str) -> None:
    try:
        for group in groups:
            await layer.group_discard(group, channel)
    except Exception as error:  # noqa: BLE001 - a group forgets whoever never comes back
        logger.info("A group could not be left: %s", error)
