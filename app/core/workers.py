"""What a worker process does beside its tasks: a sign of life every few seconds, and ending well.

A worker that is told to end (SIGTERM) takes no further task. Long work in hand asks
`is_out_of_time` now and then: it may finish within a grace period, and hands its work back after
that, instead of leaving it to a lease that has to run out.
"""

import logging
import mmap
import signal
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from celery.signals import (
    worker_process_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from django.conf import settings
from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)

Beat = Callable[[str, Sequence[str]], object]
BEAT_SECONDS = 10.0
_callbacks: list[Beat] = []
_processes = [1]
_news = threading.Event()  # there is something to tell at once
_over = threading.Event()


class _Ending:
    """Since when this worker is to end, known to the processes of its pool as well.

    They are forked from the one that gets the signal, so a page that they share tells them; the
    monotonic clock is the same for all processes of a machine.
    """

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, struct.calcsize("d"))
        self.told_here = 0.0
        self.in_pool = False

    @property
    def since(self) -> float:
        """When it was told, 0 while it was not."""
        (shared,) = struct.unpack("d", self._page[:])
        return float(shared or self.told_here)

    def note(self) -> None:
        """Note it for all processes of the worker; the first time counts."""
        if not self.since:
            self._page[:] = struct.pack("d", time.monotonic())

    def forget(self) -> None:
        """Begin anew."""
        self._page[:] = bytes(len(self._page))
        self.told_here = 0.0


_ending = _Ending()


def processes() -> int:
    """Return how many tasks this worker does at a time."""
    return _processes[0]


def is_stopping() -> bool:
    """Tell whether this worker was told to end; it must take nothing new then."""
    return bool(_ending.since)


def is_out_of_time() -> bool:
    """Tell whether work has to be handed back: the grace after being told to end is over."""
    since = _ending.since
    return bool(since) and time.monotonic() - since >= settings.WORKER_GRACE_SECONDS


@contextmanager
def ending_gently() -> Iterator[None]:
    """Let SIGTERM only be noted while the block runs, in a process of a worker's pool.

    Service managers (systemd's default) send it to every process of a service at once; a process
    that dies of it could not give back what it has in hand.
    """
    if not _ending.in_pool or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _note_here)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def on_beat(callback: Beat) -> None:
    """Call ``callback(worker name, its queues)`` at start-up, every ten seconds, and when it ends.

    `is_stopping` tells whether it was told to end.
    """
    if callback not in _callbacks:
        _callbacks.append(callback)


def _note_here(*_: Any) -> None:
    _ending.told_here = _ending.told_here or time.monotonic()


@worker_process_init.connect
def _enter_pool(**kwargs: Any) -> None:
    _ending.in_pool = True


@worker_ready.connect
def _begin(sender: Any, **kwargs: Any) -> None:
    name = str(sender.hostname)
    queues = sorted(sender.app.amqp.queues.consume_from)
    _news.clear()
    _over.clear()
    _ending.forget()
    _processes[0] = int(getattr(sender.controller, "concurrency", None) or 1)
    threading.Thread(target=_run, args=(name, queues), name="beat", daemon=True).start()


@worker_shutting_down.connect
def _end(**kwargs: Any) -> None:
    _ending.note()
    _news.set()


@worker_shutdown.connect
def _ended(**kwargs: Any) -> None:
    _over.set()
    _news.set()


def _run(name: str, queues: Sequence[str]) -> None:
    """Give signs of life for as long as the process lives, and at once when it is to end."""
    while not _over.is_set():
        for callback in _callbacks:
            try:
                close_old_connections()
                callback(name, queues)
            except Exception:
                logger.exception("The worker's sign of life failed; it goes on.")
        _news.wait(BEAT_SECONDS)
        _news.clear()
    connections.close_all()
