"""Keeps the portal's programs running: starts them, restarts what dies, stops all in order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.local import processes
from config.local.errors import StepFailed
from config.local.home import REPOSITORY
from config.local.processes import ProcessRecord
from config.local.steps import process_folder

LONGEST_BACK_OFF = 30.0  # seconds
STABLE_AFTER = 60.0  # seconds of life after which a death counts as the first again
STOP_PATIENCE = 6.0  # seconds between asking and insisting


@dataclass(frozen=True)
class Program:
    """A program that should run as long as the portal does."""

    name: str
    command: tuple[str, ...]
    environment: Callable[[Mapping[str, str]], Mapping[str, str]] = dict
    """What it gets of the portal's environment."""
    patience: float = STOP_PATIENCE
    """Seconds between asking it to end and insisting."""


class Supervisor:
    """Runs programs, each in a session of its own and recorded under `run/processes`.

    Parameters
    ----------
    home
        The state folder; logs go to `logs/<program>.log`.
    env
        The programs' environment.
    report
        Told in one sentence when a program died and when it is started again.
    """

    def __init__(
        self, home: Path, *, env: Mapping[str, str], report: Callable[[str], None]
    ) -> None:
        self._home, self._env, self._report = home, env, report
        self._children: list[_Child] = []

    def start(self, programs: Sequence[Program]) -> None:
        """Start programs, in this order."""
        for program in programs:
            child = _Child(program, home=self._home)
            self._children.append(child)
            child.start(self._env)

    def tend(self) -> None:
        """Look once at every program: note the dead, start those again whose pause is over."""
        for child in self._children:
            if child.just_died():
                pause = child.schedule()
                self._report(
                    f"{child.program.name} ended unexpectedly ({child.ending}); starting it again "
                    f"in {pause:.0f} s. Its log: {child.log}"
                )
            elif child.due():
                child.start(self._env)

    def fail_if_dying(self, *, deaths: int) -> None:
        """Raise `StepFailed` for a program that died this often in a row."""
        for child in self._children:
            if child.deaths >= deaths:
                raise StepFailed(
                    what=f"Starting {child.program.name}", code=child.exit_code, log=child.log
                )

    def stop(self) -> None:
        """Ask all programs to end, in the order in which they started, and see that they do."""
        for child in self._children:
            child.ask_to_end()
        asked = time.monotonic()
        for child in self._children:
            child.end(patience=max(0.1, asked + child.program.patience - time.monotonic()))
        self._children.clear()


class _Child:
    """One program's life: the running process, and the pause before the next one."""

    def __init__(self, program: Program, *, home: Path) -> None:
        self.program = program
        self.log = home / "logs" / f"{program.name}.log"
        self.deaths = 0
        self.exit_code = 0
        self._folder = process_folder(home)
        self._popen: subprocess.Popen[bytes] | None = None
        self._record: ProcessRecord | None = None
        self._started = 0.0
        self._start_at = 0.0

    def start(self, env: Mapping[str, str]) -> None:
        chosen = self.program.environment(env)
        self._popen = processes.spawn(
            self.program.command, env=chosen, log=self.log, cwd=REPOSITORY
        )
        self._record = ProcessRecord.of(self._popen.pid, name=self.program.name)
        self._record.write(self._folder)
        self._started = time.monotonic()

    def just_died(self) -> bool:
        return self._popen is not None and self._popen.poll() is not None

    def schedule(self) -> float:
        """Clear away the dead process and return the pause before the next, in seconds."""
        stable = time.monotonic() - self._started > STABLE_AFTER
        self.deaths = 1 if stable else self.deaths + 1
        self.exit_code = self._popen.returncode if self._popen else 0
        self.end(patience=0.1)
        pause = min(LONGEST_BACK_OFF, 2.0 ** (self.deaths - 1))
        self._start_at = time.monotonic() + pause
        return pause

    def due(self) -> bool:
        return self._popen is None and time.monotonic() >= self._start_at

    @property
    def ending(self) -> str:
        """How the process ended, for people."""
        if self.exit_code < 0:
            return f"killed by {signal.Signals(-self.exit_code).name}"
        return f"exit code {self.exit_code}"

    def ask_to_end(self) -> None:
        if self._record is not None and self._record.alive:
            os.kill(self._record.pid, signal.SIGTERM)

    def end(self, *, patience: float) -> None:
        """Wait for the process, kill what remains of its session, forget it."""
        if self._record is not None:
            processes.finish(self._record, popen=self._popen, patience=patience)
            (self._folder / f"{self.program.name}.json").unlink(missing_ok=True)
        self._popen = self._record = None
