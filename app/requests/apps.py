"""Application configuration of access requests."""

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """Asking for access to an object, and deciding about it."""

    name = "app.requests"
    label = "access_requests"

    def ready(self) -> None:
        """Hear of people who become verified."""
        from app.notifications.kinds import register_kind
        from app.requests import signals

        register_kind(
            "access.dropped", "Requests that fell away", "What you asked for is there no more."
        )
        signals.connect()
