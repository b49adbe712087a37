"""Who sees which images: every application that uses images registers a provider.

A provider maps a user to a queryset of image ids; the union is computed by one query, so no
right is ever copied around.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

Provider = Callable[[Any], QuerySet[Any, Any]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Add a provider (user → queryset of one column: image ids)."""
    if provider not in _providers:
        _providers.append(provider)


def visible_images(user: Any) -> Q:
    """Return the condition under which an image is visible to ``user``.

    One union of ids: the database walks from the roles of a person to the images. Joined by "or",
    the same providers would each be asked about every image of the site.
    """
    found = [provider(user).order_by() for provider in _providers]
    if not found:
        return Q(pk__in=[])
    return Q(pk__in=found[0].union(*found[1:], all=True))
