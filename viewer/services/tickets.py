"""Tickets: how a reader gets to a socket where the site's cookie does not come.

A ticket is signed for one session, one person and one server, is good for a minute, and opens one
socket: each has a number, and the highest redeemed number is kept with the session. It holds no
secret of the browser's: of the sign-in that it came from it carries a digest, so that signing out
ends what was opened with it.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import signing
from django.db.models import F
from django.utils.module_loading import import_string

from viewer.errors import ViewSessionEnded
from viewer.models import ViewSession
from viewer.servers import SITE, configured_servers
from viewer.services.placing import Whereabouts, place
from viewer.services.sessions import end_reason

SALT = "viewer.ticket"
GOOD_FOR = 60  # seconds
DIGEST = 32


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the socket of a session is: a path on the site itself, or a server's own address."""

    url: str
    server: str


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What a ticket says, once its signature was checked."""

    session: UUID
    user: int
    server: str
    number: int
    browser: str


def address_for(
    session: ViewSession,
    *,
    browser_session: str = "",
    with_cookie: bool = False,
    whereabouts: Whereabouts | None = None,
    failed: str = "",
) -> Address:
    """Return where the socket of a live session is to be opened now, with a ticket if it needs one.

    ``browser_session`` is the key of the sign-in that asks, nothing for a program with a token.
    A page needs no ticket at the site's own socket, where its cookie comes along
    (``with_cookie``). Raises `ViewSessionEnded`.
    """
    if not session.is_live:
        raise ViewSessionEnded(end_reason(session))
    server = place(session, whereabouts=whereabouts, failed=failed)
    path = f"/ws/viewer/{session.pk}/"
    if server == SITE and with_cookie:
        return Address(url=path, server=server)
    origin = configured_servers()[server].origin if server != SITE else _own_origin()
    ticket = issue_ticket(session, server=server, browser_session=browser_session)
    return Address(url=f"{origin}{path}?{urlencode({'ticket': ticket})}", server=server)


def _own_origin() -> str:
    return "ws" + str(settings.SITE_URL).removeprefix("http")


def issue_ticket(session: ViewSession, *, server: str, browser_session: str) -> str:
    """Sign a ticket for one socket of a session."""
    ViewSession.objects.filter(pk=session.pk).update(tickets=F("tickets") + 1)
    session.refresh_from_db(fields=["tickets"])
    said = [
        session.pk.hex,
        session.user_id,
        server,
        session.tickets,
        digest_of(browser_session),
    ]
    return signing.dumps(said, salt=SALT)


def redeem_ticket(text: str, *, session: UUID, server: str) -> Ticket | None:
    """Take a ticket for the socket of ``session`` at ``server``; nothing where it opens none.

    It is good once: a ticket that was redeemed, or one older than that, is spent.
    """
    ticket = _read(text)
    if ticket is None or ticket.session != session or ticket.server != server:
        return None
    taken = ViewSession.objects.filter(
        pk=session, user_id=ticket.user, redeemed__lt=ticket.number, tickets__gte=ticket.number
    ).update(redeemed=ticket.number)
    return ticket if taken else None


def _read(text: str) -> Ticket | None:
    try:
        session, user, server, number, browser = signing.loads(text, salt=SALT, max_age=GOOD_FOR)
        return Ticket(
            session=UUID(session), user=user, server=server, number=number, browser=browser
        )
    except (signing.BadSignature, ValueError, TypeError):
        return None


def digest_of(browser_session: str) -> str:
    """Return what stands for a sign-in in tickets; it cannot be turned back into the sign-in."""
    if not browser_session:
        return ""
    return hashlib.sha256(f"{SALT}:{browser_session}".encode()).hexdigest()[:DIGEST]


def is_signed_in_still(user: Any, browser: str) -> bool:
    """Tell whether the sign-in that a ticket came from was not ended since."""
    return not browser or any(
        secrets.compare_digest(digest_of(key), browser) and _exists(key) for key in _keys(user)
    )


def _keys(user: Any) -> Iterator[str]:
    for key in UserSession.objects.filter(user=user).values_list("session_key", flat=True):
        yield str(key)


def _exists(key: str) -> bool:
    store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    return bool(store().exists(key))
