"""Running one job on this worker, from claim to hand-over.

Nothing here asks the database or the storage: a worker has its engine, its gateway, and addresses
that expire.
"""

import logging
import time
from pathlib import Path
from uuid import UUID

from django.conf import settings

from app.core.afterwards import afterwards
from app.core.workers import ending_gently, is_stopping
from app.execution.executors import Executor, make_executor, run_to_end
from app.execution.gateway import Assignment, Gateway
from app.execution.services import serving
from app.execution.services.gateways import configured_gateway
from app.execution.services.holding import in_hand

logger = logging.getLogger(__name__)
GOES_ON_SECONDS = 20.0
"""One message is good for so long: a run that ends later is the last that is run for it."""


def run_job(
    job_id: UUID | str,
    *,
    worker: str,
    executor: Executor | None = None,
    gateway: Gateway | None = None,
) -> None:
    """Run a queued job and hand it over; whatever else the broker delivers is a no-op.

    Handing over brings the next job along for a while: short ones need no message each.
    """
    if is_stopping():
        logger.info("Job %s waits for another worker: this one ends.", job_id)
        return
    executor = executor or local_executor()
    if not executor.status().available:
        logger.warning("Job %s waits: this worker has no container engine.", job_id)
        return
    gateway = gateway or configured_gateway()
    began = time.monotonic()
    with ending_gently():  # between two runs, too
        assignment = gateway.claim(str(job_id), worker=worker)
        while assignment is not None:
            assignment = _run(executor, gateway, assignment, began=began)


def _run(
    executor: Executor, gateway: Gateway, assignment: Assignment, *, began: float
) -> Assignment | None:
    """Run what was assigned; return what came along for it."""
    if assignment.warmth is not None:
        serving.serve(executor, gateway, assignment)
        return None

    def goes_on() -> bool:
        return not is_stopping() and time.monotonic() - began < GOES_ON_SECONDS

    with in_hand(gateway, assignment, goes_on=goes_on) as hold:
        run_to_end(executor, assignment.spec, hold.follower, afterwards=afterwards)
    return hold.follower.next


def local_executor() -> Executor:
    """Return what this machine can run containers with."""
    return make_executor(
        work_folder=Path(settings.HOUNSFIELD_HOME) / "runs",
        docker_host=settings.DOCKER_HOST,
        runtime=settings.CONTAINER_RUNTIME,
    )
