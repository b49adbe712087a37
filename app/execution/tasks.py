"""Background work of execution."""

from app.core.tasks import leave_to_another, task, worker_name
from app.core.workers import is_stopping
from app.execution.services import (
    container_images,
    incoming,
    model_weights,
    parsing,
    reclaiming,
    reconciling,
    running,
)

LONGEST = 4 * 3600


@task(queue="short", max_seconds=1800)
def validate_container(container_image_id: str) -> None:
    """Check an uploaded container image."""
    container_images.validate_container_image(container_image_id)


@task(queue="short", max_seconds=1800)
def validate_model_weights(model_weights_id: str) -> None:
    """Check uploaded model weights."""
    model_weights.validate_model_weights(model_weights_id)


@task(queue="jobs-cpu", max_seconds=LONGEST)
def run_job(job_id: str) -> None:
    """Run the job whose turn it is; a worker that was told to end leaves it to another one.

    The message says that there is work. Messages for jobs with GPUs come by their own queue.
    """
    if is_stopping():
        leave_to_another("This worker ends.")
    running.run_job(job_id, worker=worker_name())


@task(queue="short", max_seconds=3600)
def parse_outputs(job_id: str) -> None:
    """Read the results that a worker handed over."""
    parsing.parse_outputs(job_id)


@task(queue="short", max_seconds=600)
def sweep_incoming() -> None:
    """Delete results on their way in that nothing knows any more."""
    incoming.sweep_incoming()


@task(queue="short", max_seconds=60)
def reconcile() -> None:
    """Send what is due; take back what was lost."""
    reconciling.reconcile()


@task(queue="short", max_seconds=600)
def reclaim_storage() -> None:
    """Give back the storage of archives that nobody will run any more."""
    reclaiming.reclaim_due()
