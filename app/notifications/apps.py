"""Application configuration of notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The inbox, and mail."""

    name = "app.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Become the teller of the layers below; register what they tell of."""
        from app.core.telling import set_teller
        from app.notifications import security
        from app.notifications.news import register_news
        from app.notifications.services import notify

        register_news()
        set_teller(notify)
        security.connect()
