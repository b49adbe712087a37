"""What a task leaves to do beside the next one of its process: clearing up that nobody waits for.

At most one such thing is under way in a process of a worker's pool. Whoever leaves the next one
waits for it first, and the process does not end before it is done. Everywhere else it is done at
once.
"""

import threading
from collections.abc import Callable
from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown


class Rest:
    """What is left to do in this process; outside of a pool nothing is left."""

    def __init__(self) -> None:
        self.in_pool = False
        self._thread: threading.Thread | None = None

    def do(self, work: Callable[[], None]) -> None:
        """Start it once what was left before is done; outside of a pool, do it."""
        if not self.in_pool:
            work()
            return
        self.wait()
        self._thread = threading.Thread(target=work, name="afterwards", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until nothing is left."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None


_rest = Rest()


def afterwards(work: Callable[[], None]) -> None:
    """Do something after this task and beside the next; it must raise nothing."""
    _rest.do(work)


@worker_process_init.connect
def _enter_pool(**_: Any) -> None:
    _rest.in_pool = True


@worker_process_shutdown.connect
def _leave_pool(**_: Any) -> None:
    _rest.wait()
