"""Running one job on this worker, from claim to hand-over.

Nothing here asks the database or the storage: a worker has its engine, its gateway, and addresses
that expire.
"""

import logging
from pathlib import Path
from uuid import UUID

from django.conf import settings

from app.core.afterwards import afterwards
from app.core.workers import ending_gently, is_stopping
from app.execution.executors import Executor, make_executor, run_to_end
from app.execution.gateway import Gateway
from app.execution.services import serving
from app.execution.services.gateways import configured_gateway
from app.execution.services.holding import in_hand

logger = logging.getLogger(__name__)


def run_job(
    job_id: UUID | str,
    *,
    worker: str,
    executor: Executor | None = None,
    gateway: Gateway | None = None,
) -> None:
    """Run a queued job and hand it over; whatever else the broker delivers is a no-op."""
    if is_stopping():
        logger.info("Job %s waits for another worker: this one ends.", job_id)
        return
    executor = executor or local_executor()
    if not executor.status().available:
        logger.warning("Job %s waits: this worker has no container engine.", job_id)
        return
    gateway = gateway or configured_gateway()
    assignment = gateway.claim(str(job_id), worker=worker)
    if assignment is None:
        return
    if assignment.warmth is not None:
        with ending_gently():  # between two cases, too
            serving.serve(executor, gateway, assignment)
        return
    with in_hand(gateway, assignment) as hold:
        run_to_end(executor, assignment.spec, hold.follower, afterwards=afterwards)


def local_executor() -> Executor:
    """Return what this machine can run containers with."""
    return make_executor(
        work_folder=Path(settings.HOUNSFIELD_HOME) / "runs",
        docker_host=settings.DOCKER_HOST,
        runtime=settings.CONTAINER_RUNTIME,
    )
