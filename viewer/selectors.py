"""Reading view sessions."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from app.core.errors import NotFound
from viewer.models import ViewSession


def sessions_for(user: Any) -> QuerySet[ViewSession]:
    """Return the user's own sessions, newest first."""
    if not user.is_authenticated:
        return ViewSession.objects.none()
    return ViewSession.objects.filter(user=user)


def get_session_for(user: Any, pk: UUID) -> ViewSession:
    """Return the user's own session, else raise `NotFound`."""
    found = sessions_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
