"""From a seat to slices: asks what is to be shown, and does not wait for its packs.

An image whose pack is not made yet is served by encoding the slices that are asked for; where that
cannot be done the pack is waited for. Everything here reads the truth from the site, by polling:
no channel layer is needed, and a lost hint loses nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.images.slices import OnDemand, PackError, SourceError
from viewer.description import describe
from viewer.feeds import LayerFeed, Pack
from viewer.gateway import PackState, Seat, Showing, ViewerGateway
from viewer.messages import ErrorCode, Meta, ProtocolError

FIRST_POLL, LONGEST_POLL = 0.1, 1.0
SLOW = 15.0  # seconds
UNUSABLE = "The slices were damaged and could not be made again. Try again in a minute."
PREPARING = "Preparing the slices …"
QUEUED_LONG = "Waiting for a worker to prepare the slices …"
CHANGED = "The slices were prepared in another form; the viewer opens them anew."

logger = logging.getLogger(__name__)

Tell = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Prepared:
    """Everything that the stream needs."""

    showing: Showing
    feeds: list[LayerFeed]
    meta: Meta

    @property
    def unfinished(self) -> list[UUID]:
        """The images whose packs are still to be made."""
        pairs = zip(self.showing.layers, self.feeds, strict=True)
        return list(dict.fromkeys(layer.image_id for layer, feed in pairs if not feed.is_complete))

    def feeds_of(self, image_id: UUID) -> list[LayerFeed]:
        """Return the layers that show an image."""
        pairs = zip(self.showing.layers, self.feeds, strict=True)
        return [feed for layer, feed in pairs if layer.image_id == image_id]


async def prepare(seat: Seat, *, gateway: ViewerGateway, tell: Tell) -> Prepared:
    """Return the slices of a session's display set; ``tell`` hears what it waits for.

    Raises `Refused` without access, and `ProtocolError` when slices cannot be had.
    """
    showing = await gateway.show(seat)
    wanted = list(dict.fromkeys(layer.image_id for layer in showing.layers))
    states = await _states(seat, wanted, gateway=gateway)
    slices: dict[UUID, Pack | OnDemand] = {}
    for state in states:
        found = await _at_once(seat, state, gateway=gateway)
        if found is not None:
            slices[state.image_id] = found
    missing = [image_id for image_id in wanted if image_id not in slices]
    if missing:
        await _all_ready(seat, missing, total=len(wanted), gateway=gateway, tell=tell)
    for image_id in missing:
        pack = await _opened(seat, image_id, gateway=gateway)
        if pack is None:
            raise ProtocolError(ErrorCode.PREPARATION_FAILED, UNUSABLE)
        slices[image_id] = pack
    ordered = [slices[layer.image_id] for layer in showing.layers]
    return Prepared(
        showing=showing,
        feeds=[LayerFeed(number, one) for number, one in enumerate(ordered)],
        meta=describe(showing, slices=ordered),
    )


async def finished_packs(
    seat: Seat, prepared: Prepared, *, gateway: ViewerGateway
) -> AsyncIterator[tuple[list[LayerFeed], Pack]]:
    """Yield the packs that were missing at first, as they come, with the layers that need them.

    Raises `ProtocolError` when one turns out to be impossible.
    """
    pause, unfinished = FIRST_POLL, prepared.unfinished
    while unfinished:
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL)
        for state in await _states(seat, unfinished, gateway=gateway):
            if state.state != "ready":
                continue
            pack = await _opened(seat, state.image_id, gateway=gateway)
            if pack is None:
                continue
            feeds = prepared.feeds_of(state.image_id)
            if not all(feed.fits(pack) for feed in feeds):
                raise SourceError(CHANGED)
            unfinished = [one for one in unfinished if one != state.image_id]
            yield feeds, pack


async def _at_once(
    seat: Seat, state: PackState, *, gateway: ViewerGateway
) -> Pack | OnDemand | None:
    """An image's pack where it is there, else its slices on demand where that can be done."""
    if state.state == "ready":
        return await _opened(seat, state.image_id, gateway=gateway)
    try:
        return await gateway.slices_now(seat, state.image_id)
    except (PackError, SourceError) as error:
        logger.info("No slices on demand of %s: %s", state.image_id, error)
        return None


async def _states(
    seat: Seat, image_ids: Sequence[UUID], *, gateway: ViewerGateway
) -> Sequence[PackState]:
    """How far packs are. Raises `ProtocolError` with the reason of one that failed."""
    states = await gateway.pack_states(seat, image_ids)
    for state in states:
        if state.state == "failed":
            raise ProtocolError(ErrorCode.PREPARATION_FAILED, state.message)
    return states


async def _all_ready(
    seat: Seat, image_ids: Sequence[UUID], *, total: int, gateway: ViewerGateway, tell: Tell
) -> None:
    """Poll until every pack is ready."""
    told, pause = "", FIRST_POLL
    while True:
        states = await _states(seat, image_ids, gateway=gateway)
        waiting = [state for state in states if state.state == "waiting"]
        if not waiting:
            return
        text = _sentence(waiting, total=total)
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


async def _opened(seat: Seat, image_id: UUID, *, gateway: ViewerGateway) -> Pack | None:
    """An image's pack; one that is damaged is thrown away, and made again."""
    try:
        return await gateway.open_pack(seat, image_id)
    except PackError as error:
        logger.warning("Slice pack of %s: %s It is made again.", image_id, error)
        await gateway.discard_pack(seat, image_id)
        return None
