"""What cases belong to when they are viewed: each application registers its kind of object.

An archive, an algorithm, a phase or a reader study says by which protocol its cases hang and how
the viewer behaves. A display-set source names the object (`DisplaySetView.viewable`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model

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
    sockets: Callable[[Any], Iterable[Socket]]
    page: Callable[[Any], str]


_kinds: dict[str, ViewableKind] = {}


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
