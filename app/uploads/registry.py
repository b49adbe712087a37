"""Uploads that an application still needs, so that the sweep leaves them alone."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet

UploadIds = QuerySet[Any, Any]

_keepers: dict[str, Callable[[], UploadIds]] = {}


def register_upload_keeper(name: str, provider: Callable[[], UploadIds]) -> None:
    """Let ``provider()`` return the ids (``values("pk")``-like) of uploads that are in use.

    Call it in ``AppConfig.ready()``. Completed uploads are deleted after a week unless kept.
    """
    _keepers[name] = provider


def kept_uploads() -> Iterable[UploadIds]:
    """Yield the registered queries."""
    for provider in _keepers.values():
        yield provider()
