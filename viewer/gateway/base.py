"""The one way for a viewer server to the site, whatever is between them.

A viewer server holds sockets and sends slices. Beside the site's database it asks that one; far
from it it knows a token and the site's address, and reads packs through signed addresses that
expire. Nothing but this protocol tells the consumer which of the two it is.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import parse_qs
from uuid import UUID

from viewer.messages import CloseCode
from viewer.registry import Segment

if TYPE_CHECKING:
    from app.images.slices import OnDemand
    from viewer.feeds import Pack

LONGEST_TICKET = 1000


class Refused(Exception):
    """The socket may not be opened, or not go on: the close code, and a sentence for people."""

    def __init__(self, code: CloseCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, kw_only=True)
class Knock:
    """What a handshake brings: the session in its path, a ticket in its query, and its scope.

    On the site's own origin the scope names the reader by the cookie; elsewhere no cookie comes.
    """

    session: UUID
    ticket: str = field(default="", repr=False)
    scope: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> Knock:
        """Read a handshake; a ticket that is given twice or is too long is none."""
        query = parse_qs(bytes(scope.get("query_string", b"")).decode("latin-1"))
        tickets = query.get("ticket", [])
        ticket = tickets[0] if len(tickets) == 1 and len(tickets[0]) <= LONGEST_TICKET else ""
        return cls(session=scope["url_route"]["kwargs"]["session"], ticket=ticket, scope=scope)


@dataclass(frozen=True, kw_only=True, eq=False)
class Seat:
    """A socket that was let in; a gateway knows its own seats by what it adds to them."""

    session: UUID

    @property
    def person(self) -> Hashable:
        """Whose sockets are counted together; where readers are not known, those of a session."""
        return self.session


@dataclass(frozen=True, kw_only=True)
class Window:
    """The window an image brings along."""

    center: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Values:
    """What is known of an image's values beside its pack: extremes, and a window that fits.

    Numbers that were not counted one by one are known to a ten-thousandth of their range.
    """

    low: float
    high: float
    window: Window
    is_exact: bool = True


@dataclass(frozen=True, kw_only=True)
class ShownLayer:
    """One image of a display set, with what META says of it beside its pack."""

    image_id: UUID
    name: str
    role: Literal["image", "overlay"] = "image"
    segments: tuple[Segment, ...] = ()
    modality: str = ""
    window: Window | None = None
    values: Values | None = None


@dataclass(frozen=True, kw_only=True)
class Showing:
    """A display set as one reader sees it; there is at least one layer."""

    title: str
    layers: tuple[ShownLayer, ...]


@dataclass(frozen=True, kw_only=True)
class PackState:
    """How far the slice pack of an image is; ``message`` says why one failed.

    ``waiting`` are the seconds since it last got further.
    """

    image_id: UUID
    state: Literal["waiting", "ready", "failed"]
    message: str = ""
    is_queued: bool = False
    waiting: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PackPlace:
    """Where a pack can be read by range requests, for ``good_for`` seconds; a name that stays."""

    image_id: UUID
    name: str
    url: str = field(repr=False)
    size: int
    good_for: float


class ViewerGateway(Protocol):
    """What a viewer server asks of the site. Every call may be repeated.

    `Refused` ends the socket with its code and sentence; `SourceError` says that the site could
    not be reached, which closes the socket so that the client comes back.
    """

    async def admit(self, knock: Knock) -> Seat:
        """Let a reader in: by cookie, or by a ticket, which is good once. Raises `Refused`."""

    async def show(self, seat: Seat) -> Showing:
        """Ask the access door what is to be shown, and have its packs made. Raises `Refused`."""

    async def pack_states(self, seat: Seat, image_ids: Sequence[UUID]) -> Sequence[PackState]:
        """Return how far the packs of images of this display set are, in the given order."""

    async def open_pack(self, seat: Seat, image_id: UUID) -> Pack:
        """Open the pack of an image of this display set.

        Raises `PackError` for a damaged or missing one: `discard_pack` has it made again.
        """

    async def slices_now(self, seat: Seat, image_id: UUID) -> OnDemand | None:
        """Slices of an image whose pack is not made yet; None where the pack is to be waited for.

        Raises `PackError` for an image that no pack can hold.
        """

    async def discard_pack(self, seat: Seat, image_id: UUID) -> None:
        """Throw a damaged pack away and have it made again."""

    async def begin(self, seat: Seat) -> None:
        """Say that slices can be sent."""

    async def rest(self, seat: Seat, seconds: float) -> None:
        """Wait before the next `keep`; less long where the session is known to have ended."""

    async def keep(self, seat: Seat, *, active: bool) -> None:
        """Ask whether the reader may go on; an active one renews the lease. Raises `Refused`."""

    async def leave(self, seat: Seat) -> None:
        """The socket is closed. The session stays for a reload."""

    async def attend(self) -> None:
        """Give signs of life until cancelled, and say goodbye then: a server of its own does."""
