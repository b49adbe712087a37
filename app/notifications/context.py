"""The inbox count in the page header."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from app.notifications.models import Notification


def unread(request: HttpRequest) -> dict[str, Any]:
    """Add the number of unread notifications for a signed-in user, counted once if at all."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unread_count": cache(Notification.objects.filter(user=user, read_at=None).count)}
