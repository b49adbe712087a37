"""Application configuration of notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The inbox."""

    name = "app.notifications"
    label = "notifications"
