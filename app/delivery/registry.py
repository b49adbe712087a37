"""Who may read which kind of file: applications that own files register the answer here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model

from app.core.errors import NotFound


@dataclass(frozen=True)
class ServedFile:
    """A file that a user may read.

    ``audit_name`` (grammar ``app.object.verb``) and ``audit_object`` say what the log shall hold.
    """

    key: str
    filename: str
    content_type: str
    size: int
    audit_name: str
    audit_object: Model


FilePolicy = Callable[[Any, UUID], ServedFile]

_policies: dict[str, FilePolicy] = {}


def register_file_policy(kind: str, resolver: FilePolicy) -> None:
    """Let ``resolver(user, pk)`` answer for files of ``kind``.

    It returns the file if the user may read it and raises `NotFound` otherwise, for missing and
    forbidden alike. Call it in ``AppConfig.ready()``; a kind has one owner.
    """
    if _policies.setdefault(kind, resolver) is not resolver:
        raise RuntimeError(f"Files of kind {kind!r} already have a policy.")


def resolve_file(*, kind: str, user: Any, pk: UUID) -> ServedFile:
    """Return the file if ``user`` may read it, else raise `NotFound`."""
    policy = _policies.get(kind)
    if policy is None:
        raise NotFound
    return policy(user, pk)
