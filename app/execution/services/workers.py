"""What workers say of themselves, and clearing up after those that died."""

from collections.abc import Sequence

from app.execution.models.job import JOB_QUEUES
from app.execution.services.gateways import configured_gateway
from app.execution.services.running import local_executor

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
    live = gateway.beat(name, queues=queues, has_engine=status.available, engine=text)
    if status.available:
        executor.reap(live=live)
