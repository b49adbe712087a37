"""When a request needs no editor."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from app.requests.models import AccessMode, AccessRequest
from app.requests.registry import Kind

State = AccessRequest.State


def due_requests(kind: Kind) -> QuerySet[Any]:
    """Return the open requests that the access mode of their object lets in at once.

    Only the kind's first role is given that way, and only to people about whom nothing was
    decided before: whoever was rejected, or let in and sent away again, waits for an editor.
    """
    at_once = Q(target__access_mode=AccessMode.AUTOMATIC) | Q(
        target__access_mode=AccessMode.VERIFIED, user__verified_at__isnull=False
    )
    decided = kind.rows.filter(
        target=OuterRef("target"),
        user=OuterRef("user"),
        state__in=[State.ACCEPTED, State.REJECTED],
    )
    rows: QuerySet[Any] = kind.rows.filter(
        at_once, state=State.PENDING, role=kind.roles[0], user__is_active=True
    )
    return rows.exclude(Exists(decided))


def gets_in_at_once(kind: Kind, request: AccessRequest) -> bool:
    """Tell whether a request that was just made needs no editor."""
    return due_requests(kind).filter(pk=request.pk).exists()
