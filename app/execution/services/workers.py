"""What workers say of themselves, and clearing up after those that died."""

import logging
import time
from collections.abc import Sequence

from django.conf import settings

import app
from app.core.workers import is_stopping, processes
from app.execution.contract import Capacity
from app.execution.executors import EngineStatus, Executor, PlatformFault
from app.execution.models.job import JOB_QUEUES
from app.execution.services.gateways import configured_gateway
from app.execution.services.running import local_executor

logger = logging.getLogger(__name__)
DECLARED_ABSENT = "This worker takes no jobs."
_STARTED = time.monotonic()


def report_worker(name: str, queues: Sequence[str]) -> None:
    """Give a worker's sign of life, and remove what dead ones left in its engine and folder."""
    gateway = configured_gateway()
    uptime = time.monotonic() - _STARTED
    if not set(JOB_QUEUES) & set(queues):
        gateway.beat(
            name,
            queues=queues,
            has_engine=False,
            engine=DECLARED_ABSENT,
            slots=processes(),
            version=app.__version__,
            uptime=uptime,
            draining=is_stopping(),
        )
        return
    executor = local_executor()
    status = executor.status()
    text = f"{status.message} {status.advice}".strip()
    found = _leftovers(executor) if status.available else set()  # before asking what lives
    live = gateway.beat(
        name,
        queues=queues,
        has_engine=status.available,
        engine=text,
        executor=status.name,
        capacity=capacity_to_give(status),
        slots=processes(),
        version=app.__version__,
        uptime=uptime,
        draining=is_stopping(),
    )
    if status.available:
        executor.reap(live=live, found=found)


def capacity_to_give(status: EngineStatus) -> Capacity | None:
    """Return what this worker has for jobs: what its settings say, else all of its engine's.

    Two workers beside one engine each need settings, or both would give away the same.
    """
    found = status.capacity
    if found is None:
        return None
    gpus: tuple[int, ...] | None = settings.WORKER_GPUS
    return Capacity(
        cpus=settings.WORKER_CPUS or found.cpus,
        memory=settings.WORKER_MEMORY_BYTES or found.memory,
        gpus=found.gpus if gpus is None else gpus,
    )


def _leftovers(executor: Executor) -> set[str]:
    """What there is of runs; an engine that just died must not cost the sign of life."""
    try:
        return executor.leftovers()
    except PlatformFault as error:
        logger.warning("Nothing is cleared away now: %s", error.message)
        return set()
