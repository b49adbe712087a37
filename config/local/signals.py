"""Ctrl-C and SIGTERM as a flag that is looked at where stopping is safe.

An exception out of a signal handler could strike between starting a process and recording it.
"""

import signal
import time
from types import FrameType

from config.local.errors import StopRequested

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SLICE = 0.1


class StopSignals:
    """Notes the signals that ask the supervisor to stop."""

    def __init__(self) -> None:
        self.requested = False

    def install(self) -> None:
        """Catch the signals from now on, even those that a background shell had ignored."""
        for number in SIGNALS:
            signal.signal(number, self._note)

    def check(self) -> None:
        """Raise `StopRequested` once a signal came."""
        if self.requested:
            raise StopRequested

    def sleep(self, seconds: float) -> None:
        """Sleep, but not through a signal."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            time.sleep(min(SLICE, max(0.0, deadline - time.monotonic())))
        self.check()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
