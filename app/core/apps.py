"""Application configuration of the domain-free core."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Errors, state machines, tasks, storage and access doors; holds no domain."""

    name = "app.core"
    label = "core"
