"""`make demo` and `make dev`: the whole portal on this machine under one supervisor."""

import argparse
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from config.local import attach, preparation
from config.local import home as state
from config.local.database import DatabaseWork
from config.local.engine import Engine, stop_engine
from config.local.environment import Address, portal_variables
from config.local.errors import AddressInUse, LocalError, StopRequested
from config.local.lock import exclusive
from config.local.postgres import PostgresServer
from config.local.processes import ProcessRecord
from config.local.programs import portal_programs
from config.local.progress import Progress, duration
from config.local.readiness import wait_until_ready
from config.local.room import lack_of_room
from config.local.server import PrivateServer
from config.local.signals import StopSignals
from config.local.steps import StepRunner, stop_leftovers
from config.local.supervisor import Program, Supervisor
from config.local.tls import certificate_file
from config.local.valkey import ValkeyServer
from config.local.welcome import welcome

TEND_EVERY = 0.5  # seconds
MANAGE = (sys.executable, "manage.py")


@dataclass
class Demo:
    """One start of the portal: what was asked for, and what was found or started on the way."""

    home: Path
    address: Address
    environ: Mapping[str, str]
    reload: bool
    progress: Progress
    signals: StopSignals

    def run(self) -> None:
        """Start everything, keep it running, stop everything when a signal comes."""
        started = time.monotonic()
        with exclusive(self.home), ExitStack() as stack:
            self._clear_way()
            steps = StepRunner(self.home, check_stop=self.signals.check)
            self.build_frontend(steps)
            servers, addresses = self._start_servers(stack)
            engine = self.find_engine(stack)
            addresses["DOCKER_HOST"] = engine.docker_host or ""
            variables = portal_variables(
                self.environ, home=self.home, address=self.address, servers=addresses
            )
            self.prepare_database(steps, variables)
            supervisor = self._start_programs(stack, variables)
            took = duration(time.monotonic() - started)
            welcome(
                self.progress.console, variables=variables, why_no_engine=engine.why_not, took=took
            )
            self._keep_running(supervisor, servers)

    def _clear_way(self) -> None:
        """End what a killed supervisor left behind, then see that the address is free."""
        if left := stop_leftovers(self.home):
            self.progress.note(f"Ended {left} processes that an interrupted run had left.")
        require_free(self.address)

    def build_frontend(self, steps: StepRunner) -> None:
        """Build the front end unless it is built from these very sources."""
        preparation.build_frontend(steps, environ=self.environ, progress=self.progress)

    def _start_servers(self, stack: ExitStack) -> tuple[list[PrivateServer], dict[str, str]]:
        """Start the private servers that the environment does not replace."""
        addresses: dict[str, str] = {}
        servers: list[PrivateServer] = []
        if not self.environ.get("DATABASE_URL"):
            server = PostgresServer(self.home)
            addresses["DATABASE_URL"] = self._start_server(stack, server)
            servers.append(server)
        broker = self.environ.get("BROKER_URL", "")
        channels = self.environ.get("CHANNEL_LAYER_URL", "")
        if not broker or (not channels and not broker.startswith("redis")):
            valkey = ValkeyServer(self.home)
            url = self._start_server(stack, valkey)
            servers.append(valkey)
            addresses["BROKER_URL"] = broker or url
            addresses["CHANNEL_LAYER_URL"] = channels or url
        return servers, addresses

    def _start_server(self, stack: ExitStack, server: PrivateServer) -> str:
        with self.progress.step(f"Starting {server.title}") as step:
            url = stack.enter_context(server.running(check_stop=self.signals.check))
            step.done = f"{server.title} started"
        return url

    def find_engine(self, stack: ExitStack) -> Engine:
        """Find or start a container engine; say so when there is none."""
        engine = preparation.find_engine(self.home, environ=self.environ, progress=self.progress)
        stack.callback(stop_engine, engine)
        if engine.why_not:
            self.progress.note(f"No container engine: {escape(engine.why_not)}")
        elif lack := lack_of_room(self.home):
            self.progress.note(escape(lack))
        self.signals.check()
        return engine

    def prepare_database(self, steps: StepRunner, variables: Mapping[str, str]) -> None:
        """Migrate and fill in the demo, each unless it was done from these very sources.

        What was done is known of the private database alone; another one is asked each time.
        """
        work = DatabaseWork(self.home, variables=variables)
        private = not self.environ.get("DATABASE_URL")
        env = {**self.environ, **variables}
        if not (private and work.migrated):
            with self.progress.step("Preparing the database") as step:
                steps.run("Preparing the database", [*MANAGE, "migrate", "--no-input"], env=env)
                step.done = "Database prepared"
                if private:
                    work.note_migrated()
        if not (private and work.seeded):
            with self.progress.step("Filling in the demo") as step:
                steps.run(
                    "Filling in the demo", [*MANAGE, "seed_demo"], env=env, show=self._show_line
                )
                step.done = "Demo filled in"
                if private:
                    work.note_seeded()

    def _show_line(self, line: str) -> None:
        if line.strip():
            self.progress.console.print(f"    {escape(line)}")

    def _start_programs(self, stack: ExitStack, variables: Mapping[str, str]) -> Supervisor:
        env = {**self.environ, **variables}
        supervisor = Supervisor(self.home, env=env, report=self.progress.note)
        stack.callback(self._stop_programs, supervisor)
        attach.publish(
            self.home,
            variables=variables,
            supervisor=ProcessRecord.of(os.getpid(), name="supervisor"),
        )
        with self.progress.step("Starting the web server and the workers") as step:
            supervisor.start(self.programs())
            wait_until_ready(
                self.address.local_url,
                supervisor=supervisor,
                signals=self.signals,
                certificate=certificate_file(self.home) if self.address.tls else None,
            )
            step.done = "Web server and workers started"
        return supervisor

    def programs(self) -> list[Program]:
        """Return what runs as long as the portal does."""
        return portal_programs(self.home, address=self.address, reload=self.reload)

    def _stop_programs(self, supervisor: Supervisor) -> None:
        self.progress.note("Stopping …")
        attach.withdraw(self.home)
        supervisor.stop()

    def _keep_running(self, supervisor: Supervisor, servers: Sequence[PrivateServer]) -> None:
        while True:
            self.signals.sleep(TEND_EVERY)
            for server in servers:
                if not server.alive:
                    self.progress.note(f"{server.title} ended unexpectedly; starting it again.")
                    server.ensure_started(check_stop=self.signals.check)
            supervisor.tend()


def require_free(address: Address) -> None:
    """Refuse an address that another program listens on.

    Raises
    ------
    AddressInUse
        Naming the port and how to choose another.
    LocalError
        When this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except PermissionError as error:
            message = f"Port {address.port} needs administrator rights; choose one above 1023."
            raise LocalError(message) from error
        except socket.gaierror as error:
            raise LocalError(f"HOST={address.host} is not an address of this machine.") from error
        except OSError as error:
            raise AddressInUse(host=address.host, port=address.port) from error


def main(arguments: Sequence[str] | None = None, *, kind: type[Demo] = Demo) -> int:
    """Run the demo; return the exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--reload", action="store_true", help="restart what a changed file affects")
    options = parser.parse_args(arguments)
    progress = Progress()
    signals = StopSignals()
    signals.install()
    try:
        demo = kind(
            home=state.prepare(state.home_from(os.environ)),
            address=Address.from_environ(os.environ),
            environ=dict(os.environ),
            reload=options.reload,
            progress=progress,
            signals=signals,
        )
        demo.run()
    except StopRequested:
        progress.note("Stopped. Your data are kept; make demo starts it again.")
        return 0
    except LocalError as error:
        progress.console.print(f"[red]{escape(str(error))}[/]")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
