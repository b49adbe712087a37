"""Application configuration of execution."""

from django.apps import AppConfig


class ExecutionConfig(AppConfig):
    """Container images, jobs, and the workers that run them."""

    name = "app.execution"
    label = "execution"

    def ready(self) -> None:
        """Let workers report what they have."""
        from app.core.workers import on_beat
        from app.execution.services.workers import clear_away, report_worker

        on_beat(report_worker)
        on_beat(clear_away)
