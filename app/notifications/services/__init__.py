"""Verbs on notifications, preferences and mail."""

from app.notifications.services.delivering import (
    deliver_mail,
    retry_mail,
    send_due_mail,
    sweep_mail,
)
from app.notifications.services.digests import send_digests
from app.notifications.services.inbox import (
    delete_notification,
    mark_all_read,
    mark_read,
    notify,
)
from app.notifications.services.preferences import (
    choose_all,
    choose_mail,
    set_mail_preference,
    unsubscribe,
)
from app.notifications.services.queueing import queue_message

__all__ = [
    "choose_all",
    "choose_mail",
    "delete_notification",
    "deliver_mail",
    "mark_all_read",
    "mark_read",
    "notify",
    "queue_message",
    "retry_mail",
    "send_digests",
    "send_due_mail",
    "set_mail_preference",
    "sweep_mail",
    "unsubscribe",
]
