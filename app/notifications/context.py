"""The inbox count in the page header."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from app.notifications.selectors import unread_for

COUNT = "unread_notifications"
"""What the person of a session is read with (`app.accounts.session_store`)."""


def unread(request: HttpRequest) -> dict[str, Any]:
    """Add the number of unread notifications for a signed-in user, counted once if at all.

    It was counted when the session was read; what changed something counts anew.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    counted = getattr(user, COUNT, None) if request.method in {"GET", "HEAD"} else None
    return {"unread_count": cache(unread_for(user).count) if counted is None else lambda: counted}
