"""The gateway of a viewer server beside the site: it has the database and the storage."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from uuid import UUID

from channels.db import database_sync_to_async
from typing_extensions import override

import app
from app.core.websockets import still_signed_in
from app.images.slices import OnDemand, PackError
from viewer.errors import NO_TICKET
from viewer.feeds import Pack
from viewer.gateway.base import Knock, PackState, Refused, Seat, Showing, ViewerGateway
from viewer.gateway.presence import Presence
from viewer.messages import CloseCode
from viewer.servers import SITE
from viewer.services import placing, seats
from viewer.services.packs import discard_pack
from viewer.services.sessions import run_session
from viewer.supplies import supplies_here

LONGEST_ROUND = 15.0
"""Seconds that the pauses between asking after every socket take together, at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LocalSeat(Seat):
    """A seat beside the database."""

    guest: seats.Guest
    knock: Knock

    @property
    @override
    def person(self) -> Hashable:
        return self.guest.session.user_id


class LocalGateway(ViewerGateway):
    """Calls the site's services; ``server`` is the name that tickets have to be made out to."""

    def __init__(self, *, server: str = SITE) -> None:
        self.server = server
        self.presence = Presence(self._tell)

    @override
    async def admit(self, knock: Knock) -> Seat:
        guest = await database_sync_to_async(self._admitted)(knock)
        seat = LocalSeat(session=knock.session, guest=guest, knock=knock)
        self.presence.enter(seat)
        return seat

    def _admitted(self, knock: Knock) -> seats.Guest:
        if knock.ticket:
            return seats.seat_by_ticket(knock.ticket, session=knock.session, server=self.server)
        if "user" not in knock.scope:  # no cookie is read here
            raise Refused(CloseCode.ADDRESS_SPENT, NO_TICKET)
        user = knock.scope["user"]
        return seats.seat_by_user(user, session=knock.session, server=self.server)

    @override
    async def show(self, seat: Seat) -> Showing:
        found: Showing = await database_sync_to_async(seats.showing_of)(_guest(seat))
        return found

    @override
    async def pack_states(self, seat: Seat, image_ids: Sequence[UUID]) -> Sequence[PackState]:
        found: list[PackState] = await database_sync_to_async(seats.states_of)(image_ids)
        return found

    @override
    async def open_pack(self, seat: Seat, image_id: UUID) -> Pack:
        file = await database_sync_to_async(seats.pack_file)(image_id)
        if file is None:
            raise PackError("not-a-pack", "The slice pack is not stored any more.")
        return await supplies_here().pack(file.key, size=file.size)

    @override
    async def slices_now(self, seat: Seat, image_id: UUID) -> OnDemand | None:
        found = await database_sync_to_async(seats.unpacked)(image_id)
        if found is None:
            return None
        file, values = found
        return await supplies_here().on_demand(file.key, size=file.size, values=values)

    @override
    async def discard_pack(self, seat: Seat, image_id: UUID) -> None:
        await database_sync_to_async(discard_pack)(image_id)

    @override
    async def begin(self, seat: Seat) -> None:
        await database_sync_to_async(run_session)(_guest(seat).session)

    @override
    async def rest(self, seat: Seat, seconds: float) -> None:
        await self.presence.rest(seat, seconds)

    @override
    async def keep(self, seat: Seat, *, active: bool) -> None:
        pause = LONGEST_ROUND / max(self.presence.sockets, 1)
        async with supplies_here().lane.turn(longest_pause=pause):
            await database_sync_to_async(self._kept)(seat, active)

    def _kept(self, seat: LocalSeat, active: bool) -> None:
        if not still_signed_in(dict(seat.knock.scope)):
            raise Refused(CloseCode.SESSION_ENDED, seats.SIGNED_OUT)
        seats.let_stay(seat.guest, active=active)

    @override
    async def leave(self, seat: Seat) -> None:
        self.presence.leave(seat)

    async def _tell(
        self, process: UUID, sessions: Sequence[UUID], sockets: int
    ) -> Collection[UUID]:
        found: list[UUID] = await database_sync_to_async(placing.hear_viewer)(
            process,
            server=self.server,
            sessions=sessions,
            sockets=sockets,
            version=app.__version__,
        )
        return found

    @override
    async def attend(self) -> None:
        try:
            await self.presence.beat_on()
        finally:
            await database_sync_to_async(placing.hear_viewer)(
                self.presence.process, server=self.server, sessions=(), sockets=0, ending=True
            )


def _guest(seat: Seat) -> seats.Guest:
    assert isinstance(seat, LocalSeat)  # noqa: S101 -- a gateway gets its own seats back
    return seat.guest
