"""Application configuration of sockets."""

from django.apps import AppConfig


class SocketsConfig(AppConfig):
    """Typed, named slots and their immutable values."""

    name = "app.sockets"
    label = "sockets"
