"""Telling people."""

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.notifications.kinds import Kind, kind_of
from app.notifications.models import Notification
from app.notifications.rendering import absolute, one_line, render_mail
from app.notifications.selectors import wants_mail
from app.notifications.unsubscribing import unsubscribe_headers, unsubscribe_url


@transaction.atomic
def notify(*, user: User, kind: str, text: str, url: str = "", subject: str = "") -> Notification:
    """Put a message into the user's inbox, and into their mail if they want it there at once.

    All of it happens in the transaction under way. ``kind`` must be registered. Urgent news is
    mailed at once whatever the user prefers; a closed account gets no mail.
    """
    found = kind_of(kind)
    message = Notification(user=user, kind=kind, text=text[:300], url=url)
    if user.is_active and user.email and _at_once(user, found):
        _mail(message, found, subject=one_line(subject or text))
        message.mailed_at = timezone.now()
    message.save(force_insert=True)
    return message


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


def _at_once(user: User, kind: Kind) -> bool:
    if kind.urgent:
        return True
    return user.mail_preference == User.MailPreference.INSTANT and wants_mail(user, kind)


def _mail(message: Notification, kind: Kind, *, subject: str) -> None:
    user = message.user
    leave = "" if kind.urgent else unsubscribe_url(user, kind.key)
    text, html = render_mail(
        "message",
        {
            "person": user,
            "kind": kind,
            "subject": subject,
            "text": message.text,
            "url": absolute(message.url) if message.url else "",
            "leave_kind_url": leave,
            "leave_all_url": "" if kind.urgent else unsubscribe_url(user),
        },
    )
    mail = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[user.email],
        headers=unsubscribe_headers(leave) if leave else {},
    )
    mail.attach_alternative(html, "text/html")
    mail.send()
