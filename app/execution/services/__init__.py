"""Verbs on container images, jobs and workers."""

from app.execution.services.container_images import (
    create_container_image,
    image_reference,
    validate_container_image,
)
from app.execution.services.jobs import (
    cancel_job,
    end_job,
    prepare_job,
    queue_job,
    submit_job,
)
from app.execution.services.limits import default_limits, job_limits, max_limits
from app.execution.services.reproducing import Comparison, compare_outputs, reproduce_job

__all__ = [
    "Comparison",
    "cancel_job",
    "compare_outputs",
    "create_container_image",
    "default_limits",
    "end_job",
    "image_reference",
    "job_limits",
    "max_limits",
    "prepare_job",
    "queue_job",
    "reproduce_job",
    "submit_job",
    "validate_container_image",
]
