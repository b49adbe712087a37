"""Who reviews quarantined images: applications that own places register their reviewers.

A place is a scope (``archive``) and a key. Every destination of imports belongs to one place; the
de-identification of what comes there, and its quarantine, are those of the place.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from app.accounts.policies import RolePolicy
from app.core.errors import NotFound
from app.images.registry import Destination


@dataclass(frozen=True)
class Place:
    """What a scope tells about its reviewers.

    ``reviewed_by(user)`` is a queryset of the keys of places that the person reviews,
    ``describe(user, pk)`` names one or raises `NotFound`, ``reviewers(pk)`` are the people to
    tell. ``keeps_instances`` says whether DICOM instances are kept unless somebody decides
    otherwise.
    """

    scope: str
    reviewed_by: Callable[[Any], QuerySet[Any, Any]]
    describe: Callable[[Any, UUID], Destination]
    reviewers: Callable[[UUID], Iterable[Any]]
    keeps_instances: bool = False


def place_of_policy(
    scope: str,
    policy: RolePolicy[Any],
    *,
    describe: Callable[[Any, UUID], Destination],
    keeps_instances: bool = False,
) -> Place:
    """Return a place that is reviewed by whoever may change it."""
    return Place(
        scope=scope,
        reviewed_by=lambda user: policy.held_by(user, "change"),
        describe=describe,
        reviewers=lambda pk: policy.holders(pk, "change"),
        keeps_instances=keeps_instances,
    )


_places: dict[str, Place] = {}
_homes: dict[str, tuple[str, Callable[[UUID], UUID | None]]] = {}


def register_place(place: Place) -> None:
    """Let images that go to this kind of place be quarantined there."""
    _places[place.scope] = place


def register_home(
    destination: str, scope: str, find: Callable[[UUID], UUID | None] = lambda pk: pk
) -> None:
    """Say that imports to ``destination`` belong to the place ``find(destination key)``."""
    _homes[destination] = (scope, find)


def home_of(destination: str, pk: UUID | None) -> tuple[str, UUID] | None:
    """Return the place that an import belongs to; None where nobody reviews."""
    if destination not in _homes or pk is None:
        return None
    scope, find = _homes[destination]
    found = find(pk)
    return None if found is None else (scope, found)


def reviewable_by(user: Any) -> Q:
    """Return the condition under which a quarantined image is the user's to review."""
    condition = Q(pk__in=[])
    for scope, place in _places.items():
        condition |= Q(scope=scope, scope_id__in=place.reviewed_by(user).order_by())
    return condition


def describe_place(scope: str, user: Any, pk: UUID) -> Destination:
    """Name a place to one of its reviewers, else raise `NotFound`."""
    if scope not in _places:
        raise NotFound
    return _places[scope].describe(user, pk)


def reviewers_of(scope: str, pk: UUID) -> list[Any]:
    """Return the people who review a place."""
    return list(_places[scope].reviewers(pk)) if scope in _places else []


def keeps_instances(scope: str) -> bool:
    """Tell whether a place keeps instances unless somebody decides otherwise."""
    return scope in _places and _places[scope].keeps_instances
