"""`make worker`: this machine runs jobs for a portal elsewhere.

It needs the portal's broker, its address and a token, and a container engine here; nothing else.
First everything is looked at and what is wrong is said; then the worker runs under a supervisor
until it is told to end.
"""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.markup import escape

from config.local import home as state
from config.local import preparation, worker_checks
from config.local.engine import Engine, answers, stop_engine
from config.local.errors import HomeInUse, LocalError, StopRequested
from config.local.lock import exclusive
from config.local.programs import job_worker
from config.local.progress import BAD, Progress
from config.local.room import lack_of_room
from config.local.signals import StopSignals
from config.local.steps import stop_leftovers
from config.local.supervisor import Supervisor
from config.settings.environment import Environment

HOME = state.REPOSITORY / ".hounsfield-worker"
TEND_EVERY = 0.5  # seconds
LOOK_EVERY = 10.0
KNOWN_WITHIN = 90.0
DEATHS_ALLOWED = 3
NVIDIA = Path("/proc/driver/nvidia/gpus")


@dataclass
class RemoteWorker:
    """One start: what was asked for, and what was found on the way."""

    home: Path
    environ: Mapping[str, str]
    progress: Progress
    signals: StopSignals
    variables: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Check everything, run the worker until a signal comes, leave nothing behind."""
        worker_checks.check_variables(self.environ)
        processes = wanted_processes(self.environ)
        with self._alone(), ExitStack() as stack:
            if left := stop_leftovers(self.home):
                self.progress.note(f"Ended {left} processes that an interrupted run had left.")
            portal = self._look_around()
            engine = self._find_engine(stack)
            self.variables["DOCKER_HOST"] = engine.docker_host or ""
            before = self._last_seen(portal)
            supervisor = self._start(stack, processes=processes)
            self._wait_until_known(portal, supervisor, before=before)
            self._keep_running(supervisor, engine)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with exclusive(self.home):
                yield
        except HomeInUse as error:
            raise LocalError(
                f"A worker or a portal already runs in {self.home}. For a second worker on this "
                "machine: WORKER_NAME=second HOUNSFIELD_HOME=.hounsfield-worker-2 make worker"
            ) from error

    @property
    def name(self) -> str:
        """The worker as the portal knows it."""
        return f"jobs@{self.environ.get('WORKER_NAME') or socket.gethostname()}"

    @property
    def queues(self) -> tuple[str, ...]:
        """Jobs that ask for GPUs have a queue of their own, for workers that have some."""
        return ("jobs-cpu", "jobs-gpu") if has_gpus(self.environ) else ("jobs-cpu",)

    @property
    def grace(self) -> float:
        """Seconds for running jobs when it is told to end."""
        default = float(Environment.model_fields["worker_grace_seconds"].default)
        return _number(self.environ, "WORKER_GRACE_SECONDS", default)

    def _look_around(self) -> worker_checks.Portal:
        """Look at everything before anything is started, and tell all that is wrong at once."""
        trusted = worker_checks.trusted_certificates(self.home, self.environ)
        portal = worker_checks.Portal(self.environ, trusted=trusted)
        self.variables |= self.environ
        self.variables["HOUNSFIELD_HOME"] = str(self.home)
        if trusted is not None:
            self.variables["SSL_CERT_FILE"] = str(trusted)
        looked = Looked(self.progress)
        if looked.at(f"The portal answers at {portal.url}", portal.check_answers):
            looked.at(f"It lets {self.name} in", lambda: self._greet(portal))
        looked.at(
            "The broker answers",
            lambda: worker_checks.check_broker(self.environ, queues=self.queues),
        )
        if looked.wrong:
            raise LocalError("Nothing was started. Mend the above, then: make worker")
        if lack := lack_of_room(self.home):
            self.progress.note(escape(lack))
        return portal

    def _greet(self, portal: worker_checks.Portal) -> None:
        greeting = portal.greet(self.name)
        portal.check_storage(greeting.storage)

    def _find_engine(self, stack: ExitStack) -> Engine:
        engine = preparation.find_engine(self.home, environ=self.environ, progress=self.progress)
        stack.callback(stop_engine, engine)
        if engine.docker_host is None:
            raise LocalError(
                f"This machine cannot run containers, so it can be no worker. {engine.why_not}"
            )
        self.signals.check()
        return engine

    def _start(self, stack: ExitStack, *, processes: int) -> Supervisor:
        supervisor = Supervisor(self.home, env=self.variables, report=self.progress.note)
        stack.callback(self._stop, supervisor)
        program = job_worker(
            name=self.name, queues=",".join(self.queues), processes=processes, grace=self.grace
        )
        supervisor.start([program])
        return supervisor

    def _stop(self, supervisor: Supervisor) -> None:
        self.progress.note(
            f"Stopping: running jobs have {self.grace:g} s to end, then they go back to the queue."
        )
        supervisor.stop()

    def _last_seen(self, portal: worker_checks.Portal) -> str:
        """Ask when the portal last heard of the worker; a portal that restarts does not answer."""
        try:
            return portal.greet(self.name).last_seen
        except LocalError:
            return ""

    def _wait_until_known(
        self, portal: worker_checks.Portal, supervisor: Supervisor, *, before: str
    ) -> None:
        """Wait for the worker's own first sign of life, as the portal heard it."""
        deadline = time.monotonic() + KNOWN_WITHIN
        with self.progress.step("Starting the worker") as step:
            while self._last_seen(portal) in ("", before):
                supervisor.tend()
                supervisor.fail_if_dying(deaths=DEATHS_ALLOWED)
                if time.monotonic() > deadline:
                    raise LocalError(
                        f"The worker gave no sign of life in {KNOWN_WITHIN:.0f} s; its log: "
                        f"{self._log}"
                    )
                self.signals.sleep(1.0)
            step.done = f"{self.name} takes jobs from {', '.join(self.queues)}"
        self.progress.note(f"Its log is {self._log}. Ctrl-C ends it.")

    @property
    def _log(self) -> Path:
        return self.home / "logs" / "worker-jobs.log"

    def _keep_running(self, supervisor: Supervisor, engine: Engine) -> None:
        look_at = time.monotonic() + LOOK_EVERY
        while True:
            self.signals.sleep(TEND_EVERY)
            supervisor.tend()
            if engine.started_pid and time.monotonic() > look_at:
                look_at = time.monotonic() + LOOK_EVERY
                self._tend_engine(engine)

    def _tend_engine(self, engine: Engine) -> None:
        """Start a private engine again that died; nobody else would."""
        if not answers(engine.docker_host or ""):
            self.progress.note("The container engine does not answer; starting it again.")
            preparation.find_engine(self.home, environ=self.environ, progress=self.progress)


class Looked:
    """What was looked at, each in a line; the sentences of what is wrong come at once."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.wrong = 0

    def at(self, what: str, check: Callable[[], None]) -> bool:
        """Check one thing and say how it went."""
        try:
            with self._progress.console.status(escape(what)):
                check()
        except LocalError as error:
            self.wrong += 1
            self._progress.console.print(f"{BAD} {escape(str(error))}")
            return False
        with self._progress.step(escape(what)):
            return True


def has_gpus(environ: Mapping[str, str]) -> bool:
    """Tell whether jobs may have GPUs here: `WORKER_GPUS` decides, else what the machine has."""
    named = environ.get("WORKER_GPUS", "")
    if named:
        return any(size.strip() not in ("", "0") for size in named.split(","))
    return NVIDIA.is_dir() and any(NVIDIA.iterdir())


def wanted_processes(environ: Mapping[str, str]) -> int:
    """Return how many jobs may run at once; 0 leaves that to the machine."""
    number = _number(environ, "WORKER_CONCURRENCY", 0)
    if number != int(number):
        raise LocalError("WORKER_CONCURRENCY must be a whole number: how many jobs run at once.")
    return int(number)


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    given = environ.get(name, "")
    try:
        number = float(given) if given else default
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise LocalError(f"{name}={given} is not a number that makes sense; 0 or more is.")
    return number


def worker_home(environ: Mapping[str, str]) -> Path:
    """Return the state folder: `.hounsfield-worker` beside the code unless one is named."""
    return state.home_from(environ) if environ.get("HOUNSFIELD_HOME") else HOME


def main() -> int:
    """Run a worker; return the exit code."""
    progress = Progress()
    signals = StopSignals()
    signals.install()
    try:
        worker = RemoteWorker(
            home=state.prepare(worker_home(os.environ)),
            environ=dict(os.environ),
            progress=progress,
            signals=signals,
        )
        worker.run()
    except StopRequested:
        progress.note("Stopped. make worker starts it again.")
        return 0
    except LocalError as error:
        progress.console.print(f"[red]{escape(str(error))}[/]")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
