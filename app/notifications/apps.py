"""Application configuration of notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The inbox, and mail."""

    name = "app.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Become the teller of the layers below; register what they tell of."""
        from app.accounts.session_store import read_beside_person
        from app.core.telling import set_teller
        from app.notifications import context, security
        from app.notifications.news import register_news
        from app.notifications.selectors import unread_count_of_person
        from app.notifications.services import notify

        register_news()
        set_teller(notify)
        security.connect()
        read_beside_person(context.COUNT, unread_count_of_person())
