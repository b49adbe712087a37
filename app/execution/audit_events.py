"""What container images and jobs record."""

from app.core.audit import register_events

register_events(
    {
        "execution.job.submitted": "{actor} submitted the job {object}",
        "execution.job.cancel_requested": "{actor} asked to cancel the job {object}",
        "execution.job.state_changed": "The job {object} went from {before} to {after}",
        "execution.worker.drained": "{actor} let the worker {worker} take no more jobs",
        "execution.worker.resumed": "{actor} let the worker {worker} take jobs again",
        "execution.endpoint.started": "{actor} had {object} started",
        "execution.endpoint.kept": "{actor} kept {object} for longer",
        "execution.endpoint.stop_requested": "{actor} stopped {object}",
        "execution.endpoint.state_changed": "{object} went from {before} to {after}",
        "execution.container_image.uploaded": "{actor} uploaded the container image {object}",
        "execution.model_weights.uploaded": "{actor} uploaded the model weights {object}",
        "execution.modelweights.state_changed": (
            "The model weights {object} went from {before} to {after}"
        ),
        "execution.containerimage.state_changed": (
            "The container image {object} went from {before} to {after}"
        ),
    }
)
