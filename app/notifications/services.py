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


def mark_read(notification: Notification, *, read: bool = True) -> Notification:
    """Mark one notification as read, or as unread again."""
    notification.read_at = (notification.read_at or timezone.now()) if read else None
    notification.save(update_fields=["read_at", "modified"])
    return notification


def delete_notification(notification: Notification) -> None:
    """Take a notification out of its inbox."""
    notification.delete()
