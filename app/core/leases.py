"""Holding on to a piece of work while it is done."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """The work is no longer this worker's: another has it, or it ended."""


@contextmanager
def kept_lease(name: str, *, extend: Callable[[], bool], every: float) -> Iterator[None]:
    """Call ``extend`` every ``every`` seconds, from a thread of its own, while the block runs.

    It stops when ``extend`` answers that the work is somebody else's now.
    """
    done = threading.Event()

    def keep() -> None:
        while not done.wait(every):
            try:
                close_old_connections()  # one that was lost would never come back by itself
                if not extend():
                    break
            except Exception:
                logger.exception("The lease of %s could not be extended; trying on.", name)
        connections.close_all()

    thread = threading.Thread(target=keep, name=f"lease-{name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
