"""Application configuration of the domain-free core."""

from collections.abc import Sequence

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Errors, state machines, tasks, storage and access doors; holds no domain."""

    name = "app.core"
    label = "core"

    def ready(self) -> None:
        """Let every worker clear its machine of what killed processes left."""
        from app.core.scratch import sweep_scratch
        from app.core.workers import on_beat

        def sweep(name: str, queues: Sequence[str]) -> None:
            sweep_scratch()

        on_beat(sweep)
