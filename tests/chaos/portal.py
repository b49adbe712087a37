"""A whole portal of its own for a chaos run: servers, engine and programs."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from config.local.engine import answers
from config.local.environment import Address, portal_variables
from config.local.home import REPOSITORY, prepare
from config.local.programs import portal_programs
from tests.chaos.brokers import Broker, RedisBroker, SqsBroker
from tests.chaos.members import Database, Engine, Keeper, Program
from tests.chaos.points import HOME, VARIABLE

READY_WITHIN = 120.0
AUDIT = "audit"
MODELS = {"job": "execution_job", "evaluation": "challenges_evaluation"}


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How soon the portal notices a loss, in seconds."""

    lease: int
    reconcile: int
    visibility: int


class Portal:
    """The parts of a running portal by their names."""

    def __init__(self, home: Path, *, broker: str, pace: Pace) -> None:
        self.home = prepare(home)
        self.scratch = home / "tmp"
        self.scratch.mkdir()
        self.socket = home / "points"
        self.database = Database(home)
        self.database.ensure_started()
        self.broker: Broker = (
            SqsBroker(home, port=_free_port(), visibility=pace.visibility)
            if broker == "sqs"
            else RedisBroker(home)
        )
        self.engine = Engine(home, folder=home / "logs")
        self.keeper = Keeper(pause=0.5)
        self.env = self._environment(pace)
        self.programs = {program.name: program for program in self._programs()}

    def start(self, *, plan: Mapping[str, Any]) -> None:
        """Start everything and wait until it answers."""
        (self.home / "plan.json").write_text(json.dumps(plan))
        self.keeper.keep(self.engine)
        self.run("manage.py", "migrate", "--no-input", "--verbosity", "0")
        self.run("-m", "tests.chaos.program", "tests.chaos.supply", "prepare")
        for program in self.programs.values():
            if program.name != "supply":
                self.keeper.keep(program)
        _until(self.is_ready, what="the web server answers")
        _until(lambda: answers(self.engine.places.docker_host), what="the engine answers")
        self.keeper.keep(self.programs["supply"])

    def run(self, *command: str) -> str:
        """Run one of the portal's commands to its end and return what it printed."""
        env = {name: value for name, value in self.env.items() if name != VARIABLE}
        done = subprocess.run(
            [sys.executable, *command],
            env=env,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed:\n{done.stderr[-4000:]}")
        return done.stdout

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.env['SITE_URL']}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def states(self) -> dict[str, dict[str, int]]:
        """How many jobs and evaluations are in every state now."""
        with psycopg.connect(self.database.url, connect_timeout=5) as connection:
            found = {}
            for model, table in MODELS.items():
                query = f"SELECT state, count(*) FROM {table} GROUP BY state"
                found[model] = dict(connection.execute(query).fetchall())  # type: ignore[arg-type]
            return found

    def stop(self) -> None:
        self.keeper.stop()
        for program in self.programs.values():
            program.stop()
        self.engine.end()
        self.broker.stop()
        self.database.stop()

    def _environment(self, pace: Pace) -> dict[str, str]:
        servers = {
            "DATABASE_URL": self.database.url,
            "DOCKER_HOST": self.engine.places.docker_host,
            **self.broker.servers,
        }
        address = Address(host="127.0.0.1", port=_free_port())
        given = portal_variables({}, home=self.home, address=address, servers=servers)
        kept = ("PATH", "HOME", "LANG", "LC_ALL")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            **given,
            VARIABLE: str(self.socket),
            HOME: str(self.home),
            "TMPDIR": str(self.scratch),
            "LEASE_SECONDS": str(pace.lease),
            "RECONCILE_SECONDS": str(pace.reconcile),
            "VISIBILITY_SECONDS": str(pace.visibility),
            "JOB_CPUS": "1",
            "JOB_MEMORY_MB": "128",
            # What a killed worker held blocks its room until its lease ends; here is more of it.
            "WORKER_CPUS": "64",
            "WORKER_MEMORY_MB": "65536",
            "RUNS_PER_PERSON": "100000",
            "RUNS_PER_ALGORITHM": "100000",
            "RUN_CREDITS_PER_MONTH": "0",
        }

    def _programs(self) -> Iterator[Program]:
        address = Address(host="127.0.0.1", port=int(self.env["PORT"]))
        for program in portal_programs(self.home, address=address, reload=False):
            if program.name == "worker-audit":
                continue
            command = _with_points(program.command)
            if program.name == "worker-short":
                command = _also(command, "--queues", AUDIT)
            if program.name == "worker-jobs":
                command = _instead(command, "--concurrency", "2")
            env = {**program.environment(self.env)}
            env |= {name: self.env[name] for name in (VARIABLE, HOME)}
            yield Program(program.name, command, env=env, folder=self.home / "logs")
        supply = (sys.executable, "-m", "tests.chaos.supply", "work")
        yield Program("supply", _with_points(supply), env=self.env, folder=self.home / "logs")


def _with_points(command: tuple[str, ...]) -> list[str]:
    """The same program, started with its points in place."""
    at = command.index("-m")
    return [*command[: at + 1], "tests.chaos.program", *command[at + 1 :]]


def _also(command: list[str], option: str, more: str) -> list[str]:
    at = command.index(option) + 1
    return [*command[:at], f"{command[at]},{more}", *command[at + 1 :]]


def _instead(command: list[str], option: str, value: str) -> list[str]:
    at = command.index(option) + 1
    return [*command[:at], value, *command[at + 1 :]]


@contextmanager
def running_portal(
    home: Path, *, broker: str, pace: Pace, plan: Mapping[str, Any]
) -> Iterator[Portal]:
    portal = Portal(home, broker=broker, pace=pace)
    try:
        portal.start(plan=plan)
        yield portal
    finally:
        portal.stop()


def _until(condition: Callable[[], bool], *, what: str, seconds: float = READY_WITHIN) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"It did not come to that {what} within {seconds:.0f} s.")
        time.sleep(0.1)


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
