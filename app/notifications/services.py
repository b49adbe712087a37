"""Telling people."""

from django.utils import timezone

from app.accounts.models import User
from app.notifications.models import Notification


def notify(*, user: User, kind: str, text: str, url: str = "") -> Notification:
    """Put a message into the user's inbox, in the transaction under way."""
    return Notification.objects.create(user=user, kind=kind, text=text[:300], url=url)


def mark_all_read(*, user: User) -> None:
    """Mark everything in the user's inbox as read."""
    Notification.objects.filter(user=user, read_at=None).update(read_at=timezone.now())
