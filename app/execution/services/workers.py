"""What workers say of themselves, and clearing up after those that died."""

import logging
from collections.abc import Sequence

from app.execution.executors import Executor, PlatformFault
from app.execution.models.job import JOB_QUEUES
from app.execution.services.gateways import configured_gateway
from app.execution.services.running import local_executor

logger = logging.getLogger(__name__)
DECLARED_ABSENT = "This worker takes no jobs."


def report_worker(name: str, queues: Sequence[str]) -> None:
    """Give a worker's sign of life, and remove what dead ones left in its engine and folder."""
    gateway = configured_gateway()
    if not set(JOB_QUEUES) & set(queues):
        gateway.beat(name, queues=queues, has_engine=False, engine=DECLARED_ABSENT)
        return
    executor = local_executor()
    status = executor.status()
    text = f"{status.message} {status.advice}".strip()
    found = _leftovers(executor) if status.available else set()  # before asking what lives
    live = gateway.beat(name, queues=queues, has_engine=status.available, engine=text)
    if status.available:
        executor.reap(live=live, found=found)


def _leftovers(executor: Executor) -> set[str]:
    """What there is of runs; an engine that just died must not cost the sign of life."""
    try:
        return executor.leftovers()
    except PlatformFault as error:
        logger.warning("Nothing is cleared away now: %s", error.message)
        return set()
