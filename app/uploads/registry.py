"""Uploads that an application still needs, so that nothing takes them away."""

from collections.abc import Callable, Iterator

from django.db.models import QuerySet

from app.uploads.models import UserUpload

_keepers: dict[str, Callable[[], QuerySet[UserUpload]]] = {}


def register_upload_keeper(name: str, provider: Callable[[], QuerySet[UserUpload]]) -> None:
    """Let ``provider()`` return the uploads that are in use (``name`` is the application's).

    Call it in ``AppConfig.ready()``. Other completed uploads are deleted after a week, and may be
    withdrawn by their owner at any time.
    """
    _keepers[name] = provider


def kept_uploads() -> Iterator[QuerySet[UserUpload]]:
    """Yield the registered queries."""
    for provider in _keepers.values():
        yield provider()
