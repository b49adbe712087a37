"""Verbs on container images, jobs and workers."""

from app.execution.services.container_images import (
    create_container_image,
    image_reference,
    restore_container_image,
    validate_container_image,
)
from app.execution.services.jobs import (
    cancel_job,
    end_job,
    prepare_job,
    queue_job,
    submit_job,
)
from app.execution.services.limits import default_limits, job_limits, max_limits, needs_of
from app.execution.services.model_weights import (
    create_model_weights,
    model_address,
    restore_model_weights,
    validate_model_weights,
)
from app.execution.services.reclaiming import retire
from app.execution.services.reproducing import Comparison, compare_outputs, reproduce_job
from app.execution.services.scheduling import drain_worker, next_job
from app.execution.services.storage import release as release_archive

__all__ = [
    "Comparison",
    "cancel_job",
    "compare_outputs",
    "create_container_image",
    "create_model_weights",
    "default_limits",
    "drain_worker",
    "end_job",
    "image_reference",
    "job_limits",
    "max_limits",
    "model_address",
    "needs_of",
    "next_job",
    "prepare_job",
    "queue_job",
    "release_archive",
    "reproduce_job",
    "restore_container_image",
    "restore_model_weights",
    "retire",
    "submit_job",
    "validate_container_image",
    "validate_model_weights",
]
