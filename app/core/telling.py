"""The seam between the layers below the inbox and the inbox that sits above them."""

from typing import Any, Protocol

from django.db.models import Model
from django.urls import NoReverseMatch, reverse


class Teller(Protocol):
    """Tells a person something, in the transaction that is under way."""

    def __call__(self, *, user: Any, kind: str, text: str, url: str = "") -> Any:
        """Put ``text`` of a registered ``kind`` before ``user``; ``url`` is the page about it."""


_teller: Teller | None = None


def set_teller(found: Teller) -> None:
    """Install the teller (called once, by the application of notifications)."""
    global _teller  # noqa: PLW0603 -- the one seam, set at start-up
    _teller = found


def teller() -> Teller:
    """Return the teller; without one nobody would learn what happened."""
    if _teller is None:
        raise RuntimeError("Nobody tells people: add app.notifications to INSTALLED_APPS.")
    return _teller


def page_of(obj: Model) -> str:
    """Return the address of an object's page, which is called ``<application>:detail``."""
    try:
        return reverse(f"{obj._meta.app_label}:detail", args=[obj.pk])
    except NoReverseMatch:
        return ""
