"""Who sees which images, and who may use them: applications that use images register providers.

A provider maps a user to a queryset of image ids; the union is computed by one query, so no
right is ever copied around.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any
from uuid import UUID

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


class Ways:
    """The single ways through which somebody may see an image, the likeliest first.

    For who asks about the same image again and again, as the viewer does of every reader: the
    union costs as much as all providers together, though one lets the reader in. What is kept is
    the order of asking and nothing else: whoever is let in is found by a provider each time.
    """

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._last: OrderedDict[tuple[Any, UUID], Provider] = OrderedDict()
        self._lock = Lock()

    def of(self, user: Any, image_id: UUID) -> Iterator[tuple[Provider, Q]]:
        """Yield each provider and its condition; first the one noted last by `note`."""
        with self._lock:
            last = self._last.get((user.pk, image_id))
        first = [last] if last in _seen else []
        for provider in [*first, *(one for one in _seen if one is not last)]:
            yield provider, Q(pk__in=provider(user).order_by())

    def note(self, user: Any, image_id: UUID, provider: Provider) -> None:
        """Remember who let ``user`` in; of many readers only the latest are kept."""
        with self._lock:
            self._last[(user.pk, image_id)] = provider
            self._last.move_to_end((user.pk, image_id))
            if len(self._last) > self._size:
                self._last.popitem(last=False)


def _any_of(providers: list[Provider], user: Any) -> Q:
    """Unite the ids: the database walks from the roles of a person to the images.

    Joined by "or", the same providers would each be asked about every image of the site.
    """
    found = [provider(user).order_by() for provider in providers]
    if not found:
        return Q(pk__in=[])
    return Q(pk__in=found[0].union(*found[1:]))
