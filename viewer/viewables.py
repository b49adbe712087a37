"""What cases belong to when they are viewed: each application registers its kind of object.

An archive, an algorithm, a phase or a reader study says by which protocol its cases hang and how
the viewer behaves. A display-set source names the object (`DisplaySetView.viewable`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from app.core.errors import NotFound
from app.sockets.models import Socket
from viewer.models import Viewable


@dataclass(frozen=True)
class ViewableKind:
    """One kind of object whose cases are viewed.

    ``area`` is what a token must reach. ``find(user, pk, action)`` is its access door, where
    ``change`` is what its settings need; ``sockets(obj)`` are those that its cases fill;
    ``page(obj)`` is the object's own page.
    """

    key: str
    noun: str
    area: str
    model: type[Viewable]
    find: Callable[[Any, UUID, str], Any]
    sockets: Callable[[Any], QuerySet[Socket]]
    page: Callable[[Any], str]


StandIn = Callable[[Any], Viewable | None]

_kinds: dict[str, ViewableKind] = {}
_stand_ins: dict[str, list[StandIn]] = {}


def register_viewable(kind: ViewableKind) -> None:
    """Add a kind under its key; call it in ``AppConfig.ready()``."""
    _kinds[kind.key] = kind


def viewable_kinds() -> list[ViewableKind]:
    """Return every kind, always in the same order."""
    return [_kinds[key] for key in sorted(_kinds)]


def viewable_kind(key: str) -> ViewableKind:
    """Return the kind registered under ``key``; raise `NotFound` for an unknown one."""
    if key not in _kinds:
        raise NotFound
    return _kinds[key]


def kind_of_viewable(obj: Model) -> ViewableKind:
    """Return the kind of an object; raise `NotFound` for what is none."""
    for kind in _kinds.values():
        if isinstance(obj, kind.model):
            return kind
    raise NotFound


def register_stand_in(key: str, stand_in: StandIn) -> None:
    """Let ``stand_in(obj)`` name who speaks for an object of this kind that says nothing itself.

    A phase speaks for the archive of its cases.
    """
    known = _stand_ins.setdefault(key, [])
    if stand_in not in known:
        known.append(stand_in)


def speaker_of(obj: Viewable) -> Viewable:
    """Return who says how the cases of an object hang: itself, unless it says nothing."""
    if obj.hanging_protocol_id or obj.viewer_configuration_id or obj.view_content:
        return obj
    for stand_in in _stand_ins.get(kind_of_viewable(obj).key, []):
        found = stand_in(obj)
        if found is not None:
            return found
    return obj
