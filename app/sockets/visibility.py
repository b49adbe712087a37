"""Who sees which socket values: every application that holds values registers a provider.

As for images: a provider maps a user to a queryset of value ids, and no right is copied around.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from app.sockets.models import SocketValue

Provider = Callable[[Any], QuerySet[Any, Any]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Add a provider (user → queryset of one column: value ids)."""
    if provider not in _providers:
        _providers.append(provider)


def values_visible_to(user: Any) -> QuerySet[SocketValue]:
    """Return the values that ``user`` sees from wherever they are held."""
    values = SocketValue.objects.all()
    if not user.is_authenticated:
        return values.none()
    if user.is_superuser:
        return values
    found = [provider(user).order_by() for provider in _providers]
    return values.filter(pk__in=found[0].union(*found[1:], all=True)) if found else values.none()
