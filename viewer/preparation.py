"""From a seat to open packs: asks what is to be shown, and waits for its packs.

Everything here reads the truth from the site, by polling: no channel layer is needed, and a lost
hint loses nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from app.images.slices import PackError
from viewer.description import describe
from viewer.gateway import PackState, Seat, Showing, ViewerGateway
from viewer.messages import ErrorCode, Meta, ProtocolError
from viewer.services.readers import OpenPack

FIRST_POLL, LONGEST_POLL = 0.1, 1.0
SLOW = 15.0  # seconds
UNUSABLE = "The slices were damaged and could not be made again. Try again in a minute."
PREPARING = "Preparing the slices …"
QUEUED_LONG = "Waiting for a worker to prepare the slices …"

logger = logging.getLogger(__name__)

Tell = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Prepared:
    """Everything that the stream needs."""

    showing: Showing
    packs: list[OpenPack]
    meta: Meta


async def prepare(seat: Seat, *, gateway: ViewerGateway, tell: Tell) -> Prepared:
    """Return the open packs of a session's display set; ``tell`` hears what it waits for.

    Raises `Refused` without access, and `ProtocolError` when a pack cannot be made.
    """
    showing = await gateway.show(seat)
    for _ in range(2):
        await _all_ready(seat, showing, gateway=gateway, tell=tell)
        packs = await _opened(seat, showing, gateway=gateway)
        if packs is not None:
            meta = describe(showing, readers=[pack.reader for pack in packs])
            return Prepared(showing=showing, packs=packs, meta=meta)
    raise ProtocolError(ErrorCode.PREPARATION_FAILED, UNUSABLE)


async def _all_ready(seat: Seat, showing: Showing, *, gateway: ViewerGateway, tell: Tell) -> None:
    """Poll until every pack is ready. Raises `ProtocolError` with the reason of one that failed."""
    image_ids = list(dict.fromkeys(layer.image_id for layer in showing.layers))
    told, pause = "", FIRST_POLL
    while True:
        states = await gateway.pack_states(seat, image_ids)
        for state in states:
            if state.state == "failed":
                raise ProtocolError(ErrorCode.PREPARATION_FAILED, state.message)
        waiting = [state for state in states if state.state == "waiting"]
        if not waiting:
            return
        text = _sentence(waiting, total=len(states))
        if text != told:
            await tell(text)
            told = text
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL)


def _sentence(waiting: Sequence[PackState], *, total: int) -> str:
    if all(state.is_queued and state.waiting > SLOW for state in waiting):
        return QUEUED_LONG
    if total == 1:
        return PREPARING
    return f"{PREPARING} {total - len(waiting)} of {total} images are ready."


async def _opened(seat: Seat, showing: Showing, *, gateway: ViewerGateway) -> list[OpenPack] | None:
    """Everything open; nothing when a pack was damaged and had to be thrown away."""
    packs = []
    for layer in showing.layers:
        try:
            packs.append(await gateway.open_pack(seat, layer.image_id))
        except PackError as error:
            logger.warning("Slice pack of %s: %s It is made again.", layer.image_id, error)
            await gateway.discard_pack(seat, layer.image_id)
            return None
    return packs
