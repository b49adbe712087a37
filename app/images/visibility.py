"""Who sees which images, and who may use them: applications that use images register providers.

A provider maps a user to a queryset of image ids; the union is computed by one query, so no
right is ever copied around.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

Provider = Callable[[Any], QuerySet[Any, Any]]
_seen: list[Provider] = []
_used: list[Provider] = []


def register(seen: Provider, *, used: Provider | None = None) -> None:
    """Add a provider of the images that a user sees (user → queryset of one column: image ids).

    ``used`` provides those that the user may also place elsewhere: put into an archive or a
    study of their own, or give to an algorithm. Who only reads does not carry images away.
    """
    if seen not in _seen:
        _seen.append(seen)
    if used is not None and used not in _used:
        _used.append(used)


def visible_images(user: Any) -> Q:
    """Return the condition under which an image is visible to ``user``."""
    return _any_of(_seen, user)


def usable_images(user: Any) -> Q:
    """Return the condition under which ``user`` may place an image elsewhere."""
    return _any_of(_used, user)


def _any_of(providers: list[Provider], user: Any) -> Q:
    """Unite the ids: the database walks from the roles of a person to the images.

    Joined by "or", the same providers would each be asked about every image of the site.
    """
    found = [provider(user).order_by() for provider in providers]
    if not found:
        return Q(pk__in=[])
    return Q(pk__in=found[0].union(*found[1:]))
