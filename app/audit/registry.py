"""Objects that have a page, and who may read the history of one."""

from collections.abc import Callable, Sequence
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet
from django.urls import reverse

from app.core.errors import NotFound

Door = Callable[[Any, str], Model]
"""``door(user, pk)`` returns the object if ``user`` may read its history, else `NotFound`."""
Parts = Callable[[Any], Sequence[QuerySet[Any]]]
"""``parts(object)`` returns the objects whose events belong to its history too."""

_pages: dict[str, str] = {}
_doors: dict[str, list[Door]] = {}
_parts: dict[str, Parts] = {}


def register_page(label: str, route: str) -> None:
    """Let events about ``label`` (``app.model``) lead to the page ``route``, which takes a key."""
    _pages[label] = route


def register_history(label: str, *, door: Door, parts: Parts | None = None) -> None:
    """Let whom ``door`` lets through read who did what with a ``label``.

    Several applications may open doors to one model; one that opens is enough. Administrators
    need none.
    """
    doors = _doors.setdefault(label, [])
    if door not in doors:
        doors.append(door)
    if parts is not None:
        _parts[label] = parts


def page_of(label: str, pk: str) -> str:
    """Return the address of an object's page, or nothing."""
    return reverse(_pages[label], args=[pk]) if label in _pages else ""


def history_subject(label: str, *, user: Any, pk: str) -> Model:
    """Return the object whose history ``user`` may read, else raise `NotFound`."""
    if label not in _doors:
        raise NotFound
    if user.is_superuser:
        found: Model | None = apps.get_model(label)._default_manager.filter(pk=pk).first()
        if found is None:
            raise NotFound
        return found
    for door in _doors[label]:
        try:
            return door(user, pk)
        except NotFound:
            continue
    raise NotFound


def may_read_history(label: str, *, user: Any, pk: Any) -> bool:
    """Tell whether ``user`` may read the object's history."""
    try:
        history_subject(label, user=user, pk=str(pk))
    except NotFound:
        return False
    return True


def history_parts(label: str, subject: Model) -> Sequence[QuerySet[Any]]:
    """Return the objects whose events belong to the subject's history too."""
    return _parts[label](subject) if label in _parts else ()
