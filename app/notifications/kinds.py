"""What people are told of: applications register kinds of news in ``AppConfig.ready()``."""

import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of news.

    ``urgent`` news is about the safety of the account: it is always mailed, at once.
    """

    key: str
    title: str
    description: str
    urgent: bool = False

    @property
    def number(self) -> int:
        """The kind's number in the API; it follows from the key and never changes."""
        return zlib.crc32(self.key.encode()) & 0x7FFF_FFFF


class UnknownKind(LookupError):
    """Somebody is told something of a kind that no application registered."""


_kinds: dict[str, Kind] = {}


def register_kind(key: str, title: str, description: str, urgent: bool = False) -> None:
    """Add a kind of news; the same one may be added again, another one under its key may not."""
    kind = Kind(key, title, description, urgent)
    taken = [found for found in _kinds.values() if found.number == kind.number and found != kind]
    if taken:
        raise ValueError(f"The kind {key!r} is registered already, as {taken[0]}.")
    _kinds[key] = kind


def kind_of(key: str) -> Kind:
    """Return the kind registered under ``key``, else raise `UnknownKind`."""
    try:
        return _kinds[key]
    except KeyError:
        raise UnknownKind(f"No application registered the kind {key!r} of news.") from None


def title_of(key: str) -> str:
    """Return the title of a kind for people, also where it is registered no more."""
    return _kinds[key].title if key in _kinds else key.replace(".", " ").capitalize()


def all_kinds() -> list[Kind]:
    """Return every kind, by title."""
    return sorted(_kinds.values(), key=lambda kind: kind.title)
