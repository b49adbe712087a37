"""The life of a private server: started once, shared by processes, stopped by its last user."""

import fcntl
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from config.local import home as state
from config.local import processes
from config.local.errors import ServerFailed
from config.local.processes import ProcessRecord

READY_WITHIN = 60.0
INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR")


class PrivateServer(ABC):
    """A server program that belongs to one state folder.

    Its process is recorded under `<home>/run`, so that whoever comes after a crash finds it:
    `ensure_started` adopts a living one and starts a dead one.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, home: Path) -> None:
        self.home = state.prepare(home)
        self.folder = home / self.name
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.log = home / "logs" / f"{self.name}.log"
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Address for clients, valid once the server has started."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what the server needs before it starts; safe to repeat."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the server's command line."""

    @abstractmethod
    def ready(self) -> bool:
        """Tell whether the server answers."""

    @property
    def record(self) -> ProcessRecord | None:
        """The recorded process, alive or not."""
        return ProcessRecord.read(self.home / "run" / f"{self.name}.json")

    @property
    def alive(self) -> bool:
        """Whether the recorded process runs."""
        if self._popen is not None:
            self._popen.poll()
        return self.record is not None and self.record.alive

    def ensure_started(self, *, check_stop: Callable[[], None] = lambda: None) -> None:
        """Start the server unless it runs, and wait until it answers.

        Raises
        ------
        ServerFailed
            When it ends, or does not answer in time.
        """
        with self._turnstile():
            self._start(check_stop)

    def stop(self) -> None:
        """Stop the server if it runs, whoever started it."""
        with self._turnstile():
            self._stop()

    @contextmanager
    def running(self, *, check_stop: Callable[[], None] = lambda: None) -> Iterator[str]:
        """Use the server: yield its address, and stop it afterwards when nobody else uses it.

        Users hold a shared lock on one file, across processes; the kernel frees it when a user
        crashes, so the count is always true.
        """
        with (self.home / "run" / f"{self.name}.users").open("a") as users:
            with self._turnstile():
                fcntl.flock(users, fcntl.LOCK_SH)
                self._start(check_stop)
            try:
                yield self.url
            finally:
                with self._turnstile():
                    if _nobody_else(users.fileno()):
                        self._stop()

    @contextmanager
    def _turnstile(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        with (self.home / "run" / f"{self.name}.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _start(self, check_stop: Callable[[], None]) -> None:
        if not self.alive:
            if self.record is not None:
                processes.stop(self.record)
            self.prepare()
            env = {name: os.environ[name] for name in INHERITED if name in os.environ}
            self._popen = processes.spawn(self.command(), env=env, log=self.log, cwd=self.folder)
            ProcessRecord.of(self._popen.pid, name=self.name).write(self.home / "run")
        self._wait_until_ready(check_stop)

    def _wait_until_ready(self, check_stop: Callable[[], None]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        try:
            while not self.ready():
                check_stop()
                self._check_hope(deadline)
                time.sleep(processes.POLL)
        except BaseException:
            self._stop()
            raise

    def _check_hope(self, deadline: float) -> None:
        if not self.alive:
            raise ServerFailed(what=self.title, why="its process ended", log=self.log)
        if time.monotonic() > deadline:
            why = f"it did not answer within {READY_WITHIN:.0f} seconds"
            raise ServerFailed(what=self.title, why=why, log=self.log)

    def _stop(self) -> None:
        record = self.record
        if record is not None:
            processes.stop(record, with_signal=self.stop_signal, popen=self._popen)
            (self.home / "run" / f"{self.name}.json").unlink(missing_ok=True)


def _nobody_else(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
