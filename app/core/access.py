"""One access door per object: who may see and do what, asked in one place."""

from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from app.core.errors import NotFound

M = TypeVar("M", bound=Model)


class Policy(Generic[M]):
    """Answers what a user may see of one model, and what they may do with one object."""

    model: type[M]

    def visible_to(self, user: Any) -> QuerySet[M]:
        """Return the objects that ``user`` may view, as one query without duplicates."""
        raise NotImplementedError

    def allows(self, user: Any, obj: M, action: str) -> bool:
        """Tell whether ``user`` may do ``action`` with ``obj``."""
        raise NotImplementedError


def fetch(
    policy: Policy[M],
    *,
    user: Any,
    pk: UUID | int | str,
    action: str = "view",
    queryset: QuerySet[M] | None = None,
) -> M:
    """Return the object if ``user`` may do ``action`` with it, else raise `NotFound`.

    Missing, malformed and forbidden keys look the same, so identifiers do not leak.
    """
    base = policy.visible_to(user) if queryset is None else queryset & policy.visible_to(user)
    obj = one_of(base, pk)
    if not policy.allows(user, obj, action):
        raise NotFound
    return obj


def one_of(visible: QuerySet[M], pk: UUID | int | str) -> M:
    """Return the object with this key among those that somebody may view, else raise `NotFound`."""
    try:
        obj = visible.filter(pk=pk).first()
    except (ValueError, ValidationError):
        obj = None
    if obj is None:
        raise NotFound
    return obj
