"""The seam between storage and the application that signs our own file addresses.

A folder cannot sign anything. Delivery, which stands above the core, installs itself here when it
starts; without it nothing is handed out.
"""

from dataclasses import dataclass
from typing import Protocol

from app.core.storage.store import AnswerHeaders


@dataclass(frozen=True)
class PartGrant:
    """A verified permission to send one part, of at most ``max_size`` bytes."""

    multipart_id: str
    number: int
    max_size: int


class OwnAddresses(Protocol):
    """Signed addresses of the portal's own endpoint."""

    def of_file(self, key: str, *, expires_in: int, headers: AnswerHeaders) -> str:
        """Return an absolute address from which the object can be read."""

    def of_part(self, multipart_id: str, *, number: int, max_size: int, expires_in: int) -> str:
        """Return an absolute address to which one part can be PUT."""

    def check_part(self, target: str, *, method: str) -> PartGrant | None:
        """Return what a request for ``target`` (path and query, as sent) may store, if anything."""


_installed: OwnAddresses | None = None


def set_own_addresses(addresses: OwnAddresses) -> None:
    """Install the signer of our own addresses (called once, by the delivery application)."""
    global _installed  # noqa: PLW0603 -- the one seam, set at start-up
    _installed = addresses


def own_addresses() -> OwnAddresses:
    """Return the signer; without one no address of ours can be trusted."""
    if _installed is None:
        raise RuntimeError("Nobody signs file addresses: add app.delivery to INSTALLED_APPS.")
    return _installed
