"""Celery tasks as the house writes them: late-acknowledged, by identifier, after commit."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from celery import Task as CeleryTask
from celery import current_app, current_task, shared_task
from celery.exceptions import Reject
from celery.signals import before_task_publish
from django.db import transaction
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    Task = CeleryTask[Any, Any]
else:
    Task = CeleryTask

QUEUES = ("audit", "short", "imports", "slices", "jobs-cpu", "jobs-gpu", "evaluations")


def task(*, queue: str, max_seconds: int = 300) -> Callable[[Callable[..., Any]], Task]:
    """Declare a task on ``queue`` that may run twice or never.

    It is acknowledged late and handed back when its worker is lost, so its body must lock, look
    at the state and do its work idempotently; its arguments are identifiers.
    """
    if queue not in QUEUES:
        raise ValueError(f"Unknown queue {queue!r}; choose one of {', '.join(QUEUES)}.")
    decorator: Callable[[Callable[..., Any]], Task] = shared_task(
        queue=queue,
        acks_late=True,
        reject_on_worker_lost=True,
        ignore_result=True,
        soft_time_limit=max_seconds,
        time_limit=max_seconds + 30,
    )
    return decorator


def worker_name() -> str:
    """Return the name under which this worker gives its signs of life, from within a task."""
    request = current_task.request if current_task else None
    return str(getattr(request, "hostname", None) or socket.gethostname())


def periodic_tasks() -> list[Task]:
    """Return the tasks that the clock sends, each once."""
    names = {str(entry["task"]): None for entry in current_app.conf.beat_schedule.values()}
    return [import_string(name) for name in names]


@contextmanager
def noting_sent() -> Iterator[list[str]]:
    """Collect the names of the tasks that this thread sends during the block."""
    sent: list[str] = []
    here = threading.get_ident()

    def note(sender: Any = None, **_: Any) -> None:
        if threading.get_ident() == here:
            sent.append(str(sender))

    before_task_publish.connect(note, weak=False)
    try:
        yield sent
    finally:
        before_task_publish.disconnect(note)


def leave_to_another(why: str) -> NoReturn:
    """Put the task's message back into its queue, from within the task."""
    raise Reject(why, requeue=True)


def enqueue_on_commit(task: Task | str, *args: Any, queue: str = "") -> None:
    """Send ``task(*args)`` to its queue (or to ``queue``) once the transaction has committed.

    ``task`` may be a dotted name, so that services need not import the tasks that call them. A
    broker that cannot be reached is logged, not raised: the database holds the truth and the
    reconciler sends what is due again.
    """
    arguments = tuple(str(a) if not isinstance(a, (int, str, bool)) else a for a in args)
    found: Task = import_string(task) if isinstance(task, str) else task
    target: Any = queue or getattr(found, "queue", None)

    def send() -> None:
        try:
            found.apply_async(args=arguments, queue=target)
        except Exception:
            logger.exception("Could not enqueue %s%r; the reconciler will.", found.name, arguments)

    transaction.on_commit(send, robust=True)
