"""The site's side of a socket: letting a reader in, telling what to show, letting them go on.

The same for sockets beside the database and for those of a server far away; `Guest` is who sits
there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core import signing
from django.utils import timezone

from app.core.errors import NotFound
from app.delivery.services import signed_url_for
from app.images.models import Image, ImageFile
from viewer.errors import ENDED, ViewSessionEnded
from viewer.gateway.base import (
    PackPlace,
    PackState,
    Refused,
    Showing,
    ShownLayer,
    Values,
    Window,
)
from viewer.messages import CloseCode
from viewer.models import SlicePack, ViewSession
from viewer.registry import DisplaySetView, Layer, get_source
from viewer.services.packs import pack_status, request_pack
from viewer.services.sessions import check_session, end_reason
from viewer.services.tickets import is_signed_in_still, redeem_ticket

SALT = "viewer.seat"
LONGEST = 8 * 24 * 3600  # seconds a seat's token is good for; the longest session takes less
ADDRESS_GOOD_FOR = 600  # seconds
NO_ENTRY = "There is nothing here, or you have no access to it."
SPENT = "This address of the viewer was used already, or is too old."
SIGNED_OUT = "You are signed out. Sign in to look at images."
MOVED = "This session goes on at another address."


@dataclass(frozen=True, kw_only=True)
class Guest:
    """A reader whose socket was let in at ``server``; ``browser`` stands for their sign-in."""

    session: ViewSession
    server: str
    browser: str = ""

    @property
    def token(self) -> str:
        """What stands for this guest between a far server and the site."""
        said = [self.session.pk.hex, self.session.user_id, self.server, self.browser]
        return signing.dumps(said, salt=SALT)


def seat_by_ticket(ticket: str, *, session: UUID, server: str) -> Guest:
    """Let in who brings a ticket. Raises `Refused`."""
    redeemed = redeem_ticket(ticket, session=session, server=server)
    if redeemed is None:
        raise Refused(CloseCode.ADDRESS_SPENT, SPENT)
    found = ViewSession.objects.select_related("user").filter(pk=session, user=redeemed.user)
    guest = _seated(found.first(), server=server, browser=redeemed.browser)
    if not is_signed_in_still(guest.session.user, guest.browser):
        raise Refused(CloseCode.NOT_SIGNED_IN, SIGNED_OUT)
    return guest


def seat_by_user(user: Any, *, session: UUID, server: str) -> Guest:
    """Let in whom the site's own cookie names. Raises `Refused`."""
    if not getattr(user, "is_authenticated", False):
        raise Refused(CloseCode.NOT_SIGNED_IN, "Sign in to look at images.")
    found = ViewSession.objects.select_related("user").filter(pk=session, user=user)
    return _seated(found.first(), server=server, browser="")


def _seated(session: ViewSession | None, *, server: str, browser: str) -> Guest:
    if session is None:
        raise Refused(CloseCode.NOT_FOUND, NO_ENTRY)
    if not session.is_live:
        raise Refused(CloseCode.SESSION_ENDED, end_reason(session) or ENDED)
    if session.server != server:
        raise Refused(CloseCode.ADDRESS_SPENT, MOVED)
    return Guest(session=session, server=server, browser=browser)


def guest_of(token: str, *, server: str) -> Guest:
    """Return the guest that a token speaks for, which is good at its own server only."""
    try:
        pk, user, named, browser = signing.loads(token, salt=SALT, max_age=LONGEST)
        session = UUID(pk)
    except (signing.BadSignature, ValueError, TypeError):
        raise Refused(CloseCode.NOT_FOUND, NO_ENTRY) from None
    found = ViewSession.objects.select_related("user").filter(pk=session, user=user).first()
    if named != server or found is None:
        raise Refused(CloseCode.NOT_FOUND, NO_ENTRY)
    if not found.is_live:
        raise Refused(CloseCode.SESSION_ENDED, end_reason(found) or ENDED)
    return Guest(session=found, server=server, browser=browser)


def showing_of(guest: Guest) -> Showing:
    """Ask the access door what is shown, and see to its packs. Raises `Refused`."""
    view = _view_of(guest)
    images = Image.objects.in_bulk([layer.image_id for layer in view.layers])
    if not view.layers or len(images) != len({layer.image_id for layer in view.layers}):
        raise Refused(CloseCode.NOT_FOUND, NO_ENTRY)
    for image_id in images:
        request_pack(image_id)
    layers = tuple(_layer(layer, images[layer.image_id]) for layer in view.layers)
    return Showing(title=view.title, layers=layers)


def _view_of(guest: Guest) -> DisplaySetView:
    session = guest.session
    try:
        return get_source(session.source).resolve(user=session.user, pk=session.object_id)
    except NotFound as error:
        raise Refused(CloseCode.NOT_FOUND, error.message) from None


def _layer(layer: Layer, image: Image) -> ShownLayer:
    window = None
    if image.window_center is not None and image.window_width:
        window = Window(center=image.window_center, width=image.window_width)
    return ShownLayer(
        image_id=layer.image_id,
        name=layer.name,
        role=layer.role,
        segments=layer.segments,
        modality=image.modality,
        window=window,
        values=values_of(image),
    )


def values_of(image: Image) -> Values | None:
    """Return what was found out about the values of an image when it was made, if anything was."""
    found = image.metadata.get("histogram")
    try:
        low, high = float(found["low"]), float(found["high"])
        black, white = (float(found["percentiles"][share]) for share in ("1", "99"))
    except (KeyError, TypeError, ValueError):
        return None
    if not all(map(math.isfinite, (low, high, black, white))) or low > high:
        return None
    if image.components > 1:
        black, white = (0.0, 255.0) if image.element_type == "uint8" else (low, high)
    if not white > black:
        black, white = black - 0.5, black + 0.5
    window = Window(center=(black + white) / 2, width=white - black)
    narrow = image.element_type in ("int8", "uint8", "int16", "uint16")
    counted = narrow or ("int" in image.element_type and high - low < 2**16 - 1)
    return Values(low=low, high=high, window=window, is_exact=counted)


def pack_file(image_id: UUID) -> ImageFile | None:
    """Return the file of an image's slice pack, if it has one."""
    return ImageFile.objects.filter(image_id=image_id, kind=ImageFile.Kind.SLICES).first()


def unpacked(image_id: UUID) -> tuple[ImageFile, Values] | None:
    """Return the pixels of an image for as long as it has no pack; nothing where they are unknown.

    Without its values nothing can be said of an image before all of it was read.
    """
    image = Image.objects.filter(pk=image_id).first()
    file = ImageFile.objects.filter(image_id=image_id, kind=ImageFile.Kind.MHA).first()
    values = values_of(image) if image is not None else None
    return None if file is None or values is None else (file, values)


def states_of(image_ids: Sequence[UUID]) -> list[PackState]:
    """Return how far the packs of images are."""
    found = {image_id: _state(image_id) for image_id in image_ids}
    return [found[image_id] for image_id in image_ids]


def _state(image_id: UUID) -> PackState:
    status = pack_status(image_id)
    return PackState(
        image_id=image_id,
        state="ready" if status.is_ready else "failed" if status.is_failed else "waiting",
        message=status.message,
        is_queued=status.state == SlicePack.State.QUEUED,
        waiting=status.waiting.total_seconds(),
    )


def check_images(guest: Guest, image_ids: Sequence[UUID]) -> None:
    """Raise `Refused` where one of the images is not of the guest's display set."""
    if not {*image_ids} <= {layer.image_id for layer in _view_of(guest).layers}:
        raise Refused(CloseCode.NOT_FOUND, NO_ENTRY)


def place_of(image_id: UUID) -> PackPlace | None:
    """Return where the pack of an image can be read for a while; nothing where there is none."""
    file = pack_file(image_id)
    if file is None:
        return None
    return PackPlace(
        image_id=image_id,
        name=str(file.pk),
        url=signed_url_for(file.key, expires_in=ADDRESS_GOOD_FOR),
        size=file.size,
        good_for=ADDRESS_GOOD_FOR,
    )


def let_stay(guest: Guest, *, active: bool) -> None:
    """Ask whether the guest may go on; an active one renews the lease. Raises `Refused`."""
    session = guest.session
    if not is_signed_in_still(session.user, guest.browser):
        raise Refused(CloseCode.SESSION_ENDED, SIGNED_OUT)
    try:
        check_session(session.pk, user=session.user, active=active)
    except ViewSessionEnded as error:
        raise Refused(CloseCode.SESSION_ENDED, error.message) from None
    if guest.server != _server_now(session.pk):
        raise Refused(CloseCode.ADDRESS_SPENT, MOVED)


def _server_now(pk: UUID) -> str | None:
    return (
        ViewSession.objects.filter(pk=pk, expires_at__gt=timezone.now())
        .values_list("server", flat=True)
        .first()
    )
