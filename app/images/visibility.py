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
    """Return the condition under which an image is visible to ``user``."""
    condition = Q(pk__in=[])
    for provider in _providers:
        condition |= Q(pk__in=provider(user))
    return condition
