"""The gateway of a viewer server anywhere: the site's small API for viewer servers, over HTTPS.

It knows the site's address and a token of its own. The bytes of packs come by range requests to
signed addresses, which the site renews as long as the readers may go on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from typing_extensions import override

import app
from app.images.slices import OnDemand, PackError, SourceError
from viewer.errors import NO_TICKET
from viewer.feeds import Pack
from viewer.gateway import wire
from viewer.gateway.base import (
    Knock,
    PackPlace,
    PackState,
    Refused,
    Seat,
    Showing,
    ViewerGateway,
)
from viewer.gateway.presence import Presence
from viewer.messages import CloseCode
from viewer.supplies import SignedAddress, supplies_here

logger = logging.getLogger(__name__)

_TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)
_BUSY = frozenset({429, 500, 502, 503, 504})
_GONE = 410
BRIEFLY, PATIENTLY = 5.0, 90.0
"""Seconds to try: a reader who waits at the door, and one who is looking already."""
AWAY = "The site does not answer this viewer server. Trying again by itself."
UNKNOWN = "The site does not know this viewer server. Its administrator has to look at its token."


@dataclass(frozen=True, kw_only=True, eq=False)
class FarSeat(Seat):
    """A seat far from the database; ``token`` stands for it at the site."""

    token: str = field(repr=False)
    showing: Showing
    places: dict[UUID, PackPlace] = field(default_factory=dict)
    first_states: dict[UUID, PackState] = field(default_factory=dict)
    opened: dict[UUID, SignedAddress] = field(default_factory=dict)


class HttpGateway(ViewerGateway):
    """Talks to the site at ``site_url`` as the server that ``token`` belongs to."""

    def __init__(self, site_url: str, *, token: str) -> None:
        self._base = f"{site_url.rstrip('/')}/api/v1/viewer"
        self._token = token
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, limits=_LIMITS)
        self.presence = Presence(self._tell)

    @override
    async def admit(self, knock: Knock) -> Seat:
        if not knock.ticket:
            raise Refused(CloseCode.ADDRESS_SPENT, NO_TICKET)
        body = {"session": str(knock.session), "ticket": knock.ticket}
        # A ticket is good once: asked again after an answer that was lost, it would be refused.
        said = wire.read_admission((await self._post("seats/", body, patience=0)).content)
        seat = FarSeat(
            session=knock.session,
            token=said.token,
            showing=said.showing,
            places={place.image_id: place for place in said.packs.places},
            first_states={state.image_id: state for state in said.packs.states},
        )
        self.presence.enter(seat)
        return seat

    @override
    async def show(self, seat: Seat) -> Showing:
        return _far(seat).showing

    @override
    async def pack_states(self, seat: Seat, image_ids: Sequence[UUID]) -> Sequence[PackState]:
        far = _far(seat)
        first = [far.first_states.pop(image_id, None) for image_id in image_ids]
        if all(first):
            return [state for state in first if state is not None]
        packs = await self._packs(far, image_ids)
        return packs.states

    async def _packs(self, seat: FarSeat, image_ids: Sequence[UUID]) -> wire.Packs:
        body = {"seat": seat.token, "images": [str(image_id) for image_id in image_ids]}
        packs = wire.read_packs((await self._post("seats/packs/", body)).content)
        seat.places.update({place.image_id: place for place in packs.places})
        return packs

    @override
    async def open_pack(self, seat: Seat, image_id: UUID) -> Pack:
        far = _far(seat)
        place = far.places.pop(image_id, None)
        if place is None:
            await self._packs(far, [image_id])
            place = far.places.pop(image_id, None)
        if place is None:
            raise PackError("not-a-pack", "The slice pack is not stored any more.")
        supplies = supplies_here()
        address = supplies.address(place.name)
        address.renew(place.url, good_for=place.good_for)
        far.opened[image_id] = address
        return await supplies.far_pack(place.name, address, size=place.size)

    @override
    async def slices_now(self, seat: Seat, image_id: UUID) -> OnDemand | None:
        """Wait for the pack: it is there before the whole image could be fetched from afar."""
        return None

    @override
    async def discard_pack(self, seat: Seat, image_id: UUID) -> None:
        far = _far(seat)
        address = far.opened.pop(image_id, None)
        if address is not None:
            supplies_here().discard(address.name)
        await self._post("seats/discard/", {"seat": far.token, "image": str(image_id)})

    @override
    async def begin(self, seat: Seat) -> None:
        await self._post("seats/begin/", {"seat": _far(seat).token}, patience=PATIENTLY)

    @override
    async def rest(self, seat: Seat, seconds: float) -> None:
        await self.presence.rest(seat, seconds)

    @override
    async def keep(self, seat: Seat, *, active: bool) -> None:
        far = _far(seat)
        due = {i: address for i, address in far.opened.items() if address.is_due}
        body = {"seat": far.token, "active": active, "images": [str(image_id) for image_id in due]}
        answer = await self._post("seats/keep/", body, patience=PATIENTLY)
        for place in wire.read_packs(answer.content).places:
            if place.image_id in due:
                due[place.image_id].renew(place.url, good_for=place.good_for)

    @override
    async def leave(self, seat: Seat) -> None:
        self.presence.leave(seat)

    @override
    async def attend(self) -> None:
        try:
            await self.presence.beat_on()
        finally:
            beat = wire.Beat(process=self.presence.process, ending=True)
            with suppress(SourceError):
                await self._post("servers/beat/", wire.dumped(beat), patience=0)

    async def _tell(
        self, process: UUID, sessions: Sequence[UUID], sockets: int
    ) -> Collection[UUID]:
        beat = wire.Beat(
            process=process, sessions=tuple(sessions), sockets=sockets, version=app.__version__
        )
        answer = await self._post("servers/beat/", wire.dumped(beat), patience=0)
        return wire.read_gone(answer.content).sessions

    async def _post(
        self, path: str, body: Mapping[str, Any], *, patience: float = BRIEFLY
    ) -> httpx.Response:
        """Ask until there is an answer or patience is at its end. Raises `SourceError` then."""
        deadline, pause = time.monotonic() + patience, 0.2
        while True:
            try:
                answer = await self._client.post(
                    f"{self._base}/{path}",
                    json=dict(body),
                    headers={"Authorization": f"Bearer {self._token}"},
                )
                if answer.status_code not in _BUSY:
                    return _checked(answer)
                trouble = f"it answered {answer.status_code}"
            except httpx.TransportError as error:
                trouble = type(error).__name__
            if time.monotonic() + pause > deadline:
                logger.warning("The site does not answer (%s).", trouble)
                raise SourceError(AWAY)
            await asyncio.sleep(pause)
            pause = min(2 * pause, 5.0)


def _checked(answer: httpx.Response) -> httpx.Response:
    """Return an answer that can be used; a refusal is raised as what the reader is told."""
    if answer.status_code == _GONE:
        said = answer.json()
        raise Refused(CloseCode(said["close"]), str(said["detail"]))
    if answer.is_error:
        logger.error("The site answered %s: %s", answer.status_code, answer.text[:200])
        raise SourceError(UNKNOWN if answer.status_code in (401, 403) else AWAY)
    return answer


def _far(seat: Seat) -> FarSeat:
    assert isinstance(seat, FarSeat)  # noqa: S101 -- a gateway gets its own seats back
    return seat
