"""Links that turn mail off without signing in: signed, so nobody can make one for another person.

They do not expire: a link in an old message still has to work.
"""

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from app.accounts.models import User
from app.core.errors import NotFound
from app.notifications.kinds import Kind, UnknownKind, kind_of
from app.notifications.rendering import absolute

SALT = "app.notifications.unsubscribing"
ALL = "*"


@dataclass(frozen=True)
class Ticket:
    """What a link allows: turning off one kind of mail for ``user``, or all of it (no kind)."""

    user: User
    kind: Kind | None

    @property
    def masked_address(self) -> str:
        """The person's address, not to be read by whoever was forwarded the link."""
        name, _, domain = self.user.email.partition("@")
        return f"{name[:1]}…@{domain}"


def unsubscribe_url(user: User, kind: str = ALL) -> str:
    """Return the absolute address that turns off ``kind`` of mail for ``user``."""
    ticket = signing.dumps([user.pk, kind], salt=SALT)
    return absolute(reverse("notifications:unsubscribe", args=[ticket]))


def unsubscribe_headers(url: str) -> dict[str, str]:
    """Return the headers by which mail programs offer one click (RFC 2369, RFC 8058)."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def read_ticket(given: str) -> Ticket:
    """Return what a link allows; raise `NotFound` for one that we did not make."""
    try:
        pk, key = signing.loads(given, salt=SALT)
        pk, kind = int(pk), None if key == ALL else kind_of(key)
    except (signing.BadSignature, UnknownKind, TypeError, ValueError):
        raise NotFound from None
    user = User.objects.filter(pk=pk).first()
    if user is None:
        raise NotFound
    return Ticket(user, kind)
