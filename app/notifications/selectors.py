"""Reading notifications."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from app.core.errors import NotFound
from app.notifications.models import Notification


def notifications_for(user: Any) -> QuerySet[Notification]:
    """Return the user's own notifications, newest first."""
    if not user.is_authenticated:
        return Notification.objects.none()
    return Notification.objects.filter(user=user)


def get_notification_for(user: Any, pk: UUID) -> Notification:
    """Return the user's own notification, else raise `NotFound`."""
    found = notifications_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
