"""From a session to slices: asks the access door, sees to the packs, and does not wait for them.

An image whose pack is not made yet is served by encoding the slices that are asked for; where that
cannot be done the pack is waited for. Everything here reads the truth from the database, by
polling: no channel layer is needed, and a lost hint loses nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from app.core.errors import NotFound, PortalError
from app.images.models import Image, ImageFile
from app.images.slices import OnDemand, PackError, SourceError
from viewer.description import describe, described
from viewer.feeds import LayerFeed, Pack
from viewer.models import ViewSession
from viewer.protocol import ErrorCode, Meta, ProtocolError
from viewer.registry import DisplaySetView, get_source
from viewer.services.packs import PackStatus, discard_pack, pack_status, request_pack
from viewer.supplies import Supplies

FIRST_POLL, LONGEST_POLL = 0.1, 1.0
SLOW = timedelta(seconds=15)
UNUSABLE = "The slices were damaged and could not be made again. Try again in a minute."
PREPARING = "Preparing the slices …"
QUEUED_LONG = "Waiting for a worker to prepare the slices …"
CHANGED = "The slices were prepared in another form; the viewer opens them anew."

logger = logging.getLogger(__name__)

Tell = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class _Found:
    """One image as the database knows it."""

    image: Image
    status: PackStatus
    files: dict[str, ImageFile]


@dataclass(frozen=True)
class Prepared:
    """Everything that the stream needs, and the images that have no pack yet."""

    view: DisplaySetView
    feeds: list[LayerFeed]
    meta: Meta
    unfinished: set[UUID] = field(default_factory=set)

    def feeds_of(self, image_id: UUID) -> list[LayerFeed]:
        """Return the layers that show an image."""
        pairs = zip(self.view.layers, self.feeds, strict=True)
        return [feed for layer, feed in pairs if layer.image_id == image_id]


async def prepare(session: ViewSession, *, user: Any, supplies: Supplies, tell: Tell) -> Prepared:
    """Return the slices of a session's display set; ``tell`` hears what it waits for.

    Raises `NotFound` without access, and `ProtocolError` when slices cannot be had.
    """
    view = await database_sync_to_async(_resolve)(session, user)
    wanted = _distinct(view)
    found = await database_sync_to_async(_look)(wanted)
    sources: dict[UUID, Pack | OnDemand] = {}
    for image_id in wanted:
        source = await _pack_of(found[image_id], supplies) or await _made_now(
            found[image_id], supplies
        )
        if source is not None:
            sources[image_id] = source
    missing = [image_id for image_id in wanted if image_id not in sources]
    if missing:
        await _all_ready(missing, total=len(wanted), tell=tell)
        found |= await database_sync_to_async(_look)(missing)
    for image_id in missing:
        pack = await _pack_of(found[image_id], supplies)
        if pack is None:
            raise ProtocolError(ErrorCode.PREPARATION_FAILED, UNUSABLE)
        sources[image_id] = pack
    slices = [sources[layer.image_id] for layer in view.layers]
    return Prepared(
        view=view,
        feeds=[LayerFeed(number, one) for number, one in enumerate(slices)],
        meta=describe(view, images={i: f.image for i, f in found.items()}, slices=slices),
        unfinished={i for i, source in sources.items() if isinstance(source, OnDemand)},
    )


async def finished_packs(
    prepared: Prepared, supplies: Supplies
) -> AsyncIterator[tuple[list[LayerFeed], Pack]]:
    """Yield the packs that were missing at first, as they come, with the layers that need them.

    Raises `ProtocolError` when one turns out to be impossible.
    """
    pause, unfinished = FIRST_POLL, set(prepared.unfinished)
    while unfinished:
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL)
        statuses = await database_sync_to_async(_statuses)(list(unfinished))
        ready = {image_id for image_id, status in statuses.items() if status.is_ready}
        found = await database_sync_to_async(_look)(list(ready)) if ready else {}
        for image_id in ready:
            pack = await _pack_of(found[image_id], supplies)
            if pack is None:
                continue
            feeds = prepared.feeds_of(image_id)
            if not all(feed.fits(pack) for feed in feeds):
                raise SourceError(CHANGED)
            unfinished.discard(image_id)
            yield feeds, pack


def _resolve(session: ViewSession, user: Any) -> DisplaySetView:
    view = get_source(session.source).resolve(user=user, pk=session.object_id)
    if not view.layers:
        raise NotFound
    for image_id in _distinct(view):
        request_pack(image_id)
    return view


def _distinct(view: DisplaySetView) -> list[UUID]:
    return list(dict.fromkeys(layer.image_id for layer in view.layers))


def _look(image_ids: Iterable[UUID]) -> dict[UUID, _Found]:
    """The images with their files. Raises `NotFound` where one is gone."""
    images = Image.objects.in_bulk(list(image_ids))
    files: dict[UUID, dict[str, ImageFile]] = {image_id: {} for image_id in image_ids}
    for file in ImageFile.objects.filter(image_id__in=files):
        files[file.image_id][file.kind] = file
    if len(images) != len(files):
        raise NotFound
    return {
        image_id: _Found(images[image_id], pack_status(image_id), files[image_id])
        for image_id in files
    }


async def _pack_of(found: _Found, supplies: Supplies) -> Pack | None:
    """The image's pack, open; one that is damaged is thrown away, and made again."""
    file = found.files.get(ImageFile.Kind.SLICES)
    if file is None:
        return None
    try:
        return await supplies.pack(file.key, size=file.size)
    except PackError as error:
        logger.warning("Slice pack of %s: %s It is made again.", found.image.pk, error)
        await database_sync_to_async(discard_pack)(found.image.pk)
        return None


async def _made_now(found: _Found, supplies: Supplies) -> OnDemand | None:
    """The image's slices on demand, unless that cannot be done."""
    known, file = described(found.image), found.files.get(ImageFile.Kind.MHA)
    if known is None or file is None or found.status.is_failed:
        return None
    try:
        return await supplies.on_demand(file.key, size=file.size, described=known)
    except (PackError, SourceError, PortalError) as error:
        logger.info("No slices on demand of %s: %s", found.image.pk, error)
        return None


async def _all_ready(image_ids: list[UUID], *, total: int, tell: Tell) -> None:
    """Poll until every pack is ready. Raises `ProtocolError` with the reason of one that failed."""
    told, pause = "", FIRST_POLL
    while True:
        statuses = list((await database_sync_to_async(_statuses)(image_ids)).values())
        waiting = [status for status in statuses if not status.is_ready]
        if not waiting:
            return
        text = _sentence(waiting, total=total)
        if text != told:
            await tell(text)
            told = text
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL)


def _statuses(image_ids: list[UUID]) -> dict[UUID, PackStatus]:
    """How far the packs are. Raises `ProtocolError` with the reason of one that failed."""
    statuses = {image_id: pack_status(image_id) for image_id in image_ids}
    for status in statuses.values():
        if status.is_failed:
            raise ProtocolError(ErrorCode.PREPARATION_FAILED, status.message)
    return statuses


def _sentence(waiting: list[PackStatus], *, total: int) -> str:
    if all(s.state == "QUEUED" and s.waiting > SLOW for s in waiting):
        return QUEUED_LONG
    if total == 1:
        return PREPARING
    return f"{PREPARING} {total - len(waiting)} of {total} images are ready."
