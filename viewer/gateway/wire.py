"""What travels between a far viewer server and the site, as JSON; both check what they read."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from viewer.gateway.base import PackPlace, PackState, Showing

__all__ = [
    "Admission",
    "Beat",
    "Gone",
    "Packs",
    "ValidationError",
    "dumped",
    "read_admission",
    "read_beat",
    "read_gone",
    "read_packs",
]

MOST_SESSIONS = 20_000


@dataclass(frozen=True, kw_only=True)
class Packs:
    """How far packs are, and where those that are ready can be read."""

    states: tuple[PackState, ...] = ()
    places: tuple[PackPlace, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Admission:
    """A reader was let in: what speaks for them from now on, and all that is needed to begin."""

    token: str = field(repr=False)
    showing: Showing
    packs: Packs


@dataclass(frozen=True, kw_only=True)
class Beat:
    """A sign of life of a process."""

    process: UUID
    sessions: tuple[UUID, ...] = ()
    sockets: int = 0
    version: str = ""
    ending: bool = False


@dataclass(frozen=True, kw_only=True)
class Gone:
    """Sessions that a process holds and should look after: they ended, or moved."""

    sessions: tuple[UUID, ...] = ()


_ADMISSION = TypeAdapter(Admission)
_PACKS = TypeAdapter(Packs)
_BEAT = TypeAdapter(Beat)
_GONE = TypeAdapter(Gone)


def dumped(message: Admission | Packs | Beat | Gone) -> Any:
    """Return a message as plain JSON values."""
    kinds = {Admission: _ADMISSION, Packs: _PACKS, Beat: _BEAT, Gone: _GONE}
    adapter: TypeAdapter[Any] = kinds[type(message)]  # type: ignore[assignment]
    return adapter.dump_python(message, mode="json")


def read_admission(content: bytes) -> Admission:
    """Return what the site says to a ticket."""
    return _ADMISSION.validate_json(content)


def read_packs(content: bytes) -> Packs:
    """Return what the site says of packs."""
    return _PACKS.validate_json(content)


def read_gone(content: bytes) -> Gone:
    """Return what the site says to a sign of life."""
    return _GONE.validate_json(content)


def read_beat(values: Any) -> Beat:
    """Return the sign of life in a server's request."""
    beat = _BEAT.validate_python(values)
    if len(beat.sessions) > MOST_SESSIONS or not 0 <= beat.sockets <= 10**6:
        raise ValueError("That is more than one process can hold.")
    return beat
