"""Application configuration of sockets."""

from django.apps import AppConfig


class SocketsConfig(AppConfig):
    """Typed, named slots and their immutable values."""

    name = "app.sockets"
    label = "sockets"

    def ready(self) -> None:
        """Let delivery serve the files among the values."""
        from app.delivery.registry import register_file_policy
        from app.sockets.selectors import served_value_file

        register_file_policy("values", served_value_file)
