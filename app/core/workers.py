"""What a worker process does beside its tasks: a sign of life every few seconds."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from celery.signals import worker_ready, worker_shutting_down
from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)

Beat = Callable[[str, Sequence[str]], None]
BEAT_SECONDS = 10.0
_callbacks: list[Beat] = []
_stopping = threading.Event()


def on_beat(callback: Beat) -> None:
    """Call ``callback(worker name, its queues)`` at start-up and every ten seconds."""
    if callback not in _callbacks:
        _callbacks.append(callback)


@worker_ready.connect
def _begin(sender: Any, **kwargs: Any) -> None:
    name = str(sender.hostname)
    queues = sorted(sender.app.amqp.queues.consume_from)
    _stopping.clear()
    threading.Thread(target=_run, args=(name, queues), name="beat", daemon=True).start()


@worker_shutting_down.connect
def _end(**kwargs: Any) -> None:
    _stopping.set()


def _run(name: str, queues: Sequence[str]) -> None:
    while True:
        for callback in _callbacks:
            try:
                close_old_connections()
                callback(name, queues)
            except Exception:
                logger.exception("The worker's sign of life failed; it goes on.")
        if _stopping.wait(BEAT_SECONDS):
            connections.close_all()
            return
