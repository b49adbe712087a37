"""From a session to open packs: asks the access door, sees to the packs, waits for them.

Everything here reads the truth from the database, by polling: no channel layer is needed, and a
lost hint loses nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from app.core.errors import NotFound
from app.images.models import Image
from app.images.slices import PackError
from viewer.description import describe
from viewer.models import ViewSession
from viewer.protocol import ErrorCode, Meta, ProtocolError
from viewer.registry import DisplaySetView, get_source
from viewer.services.packs import PackStatus, discard_pack, pack_status, request_pack
from viewer.services.readers import OpenPack, open_pack

FIRST_POLL, LONGEST_POLL = 0.1, 1.0
SLOW = timedelta(seconds=15)
UNUSABLE = "The slices were damaged and could not be made again. Try again in a minute."
PREPARING = "Preparing the slices …"
QUEUED_LONG = "Waiting for a worker to prepare the slices …"

logger = logging.getLogger(__name__)

Tell = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Prepared:
    """Everything that the stream needs."""

    view: DisplaySetView
    packs: list[OpenPack]
    meta: Meta


async def prepare(session: ViewSession, *, user: Any, tell: Tell) -> Prepared:
    """Return the open packs of a session's display set; ``tell`` hears what it waits for.

    Raises `NotFound` without access, and `ProtocolError` when a pack cannot be made.
    """
    view = await database_sync_to_async(_resolve)(session, user)
    await _all_ready([layer.image_id for layer in view.layers], tell=tell)
    prepared = await database_sync_to_async(_opened)(view)
    if prepared is None:
        await _all_ready([layer.image_id for layer in view.layers], tell=tell)
        prepared = await database_sync_to_async(_opened)(view)
    if prepared is None:
        raise ProtocolError(ErrorCode.PREPARATION_FAILED, UNUSABLE)
    done: Prepared = prepared
    return done


def _resolve(session: ViewSession, user: Any) -> DisplaySetView:
    view = get_source(session.source).resolve(user=user, pk=session.object_id)
    if not view.layers:
        raise NotFound
    for image_id in _distinct(view):
        request_pack(image_id)
    return view


def _distinct(view: DisplaySetView) -> set[UUID]:
    return {layer.image_id for layer in view.layers}


async def _all_ready(image_ids: list[UUID], *, tell: Tell) -> None:
    """Poll until every pack is ready. Raises `ProtocolError` with the reason of one that failed."""
    told, pause = "", FIRST_POLL
    while True:
        statuses = await database_sync_to_async(_statuses)(image_ids)
        for status in statuses:
            if status.is_failed:
                raise ProtocolError(ErrorCode.PREPARATION_FAILED, status.message)
        waiting = [status for status in statuses if not status.is_ready]
        if not waiting:
            return
        text = _sentence(waiting, total=len(statuses))
        if text != told:
            await tell(text)
            told = text
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL)


def _statuses(image_ids: list[UUID]) -> list[PackStatus]:
    return [pack_status(image_id) for image_id in dict.fromkeys(image_ids)]


def _sentence(waiting: list[PackStatus], *, total: int) -> str:
    if all(s.state == "QUEUED" and s.waiting > SLOW for s in waiting):
        return QUEUED_LONG
    if total == 1:
        return PREPARING
    return f"{PREPARING} {total - len(waiting)} of {total} images are ready."


def _opened(view: DisplaySetView) -> Prepared | None:
    """Everything open; nothing when a pack was damaged and had to be thrown away."""
    images = Image.objects.in_bulk([layer.image_id for layer in view.layers])
    if len(images) != len(_distinct(view)):
        raise NotFound
    packs = []
    for layer in view.layers:
        try:
            packs.append(open_pack(layer.image_id))
        except PackError as error:
            logger.warning("Slice pack of %s: %s It is made again.", layer.image_id, error)
            discard_pack(layer.image_id)
            return None
    meta = describe(view, images=images, readers=[pack.reader for pack in packs])
    return Prepared(view=view, packs=packs, meta=meta)
