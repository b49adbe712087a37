"""Application configuration of execution."""

from django.apps import AppConfig


class ExecutionConfig(AppConfig):
    """Container images, jobs, and the workers that run them."""

    name = "app.execution"
    label = "execution"

    def ready(self) -> None:
        """Let workers report what they have, and say what people are told of."""
        from app.core.states import on_move
        from app.core.workers import on_beat
        from app.execution import pushes
        from app.execution.models import Endpoint, Job
        from app.execution.news import register_news
        from app.execution.registry import register_job_kind
        from app.execution.services import endpoints, reproducing
        from app.execution.services.workers import report_worker

        register_news()
        register_job_kind(
            reproducing.REPRODUCTION,
            build_spec=reproducing.build_reproduction_spec,
            on_finished=reproducing.reproduction_finished,
        )
        register_job_kind(
            Endpoint.KIND,
            build_spec=endpoints.build_endpoint_spec,
            on_finished=endpoints.endpoint_finished,
        )
        on_move(Job, endpoints.follow_job)
        on_move(Job, pushes.job_moved)
        on_move(Endpoint, pushes.endpoint_moved)
        on_beat(report_worker)
