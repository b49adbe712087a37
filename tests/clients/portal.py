"""A portal over https for clients that we did not write: web server and workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.local.environment import Address, portal_variables
from config.local.home import REPOSITORY, prepare
from config.local.programs import job_worker, portal_programs
from config.local.readiness import probe
from config.local.servers import private_postgres, private_valkey
from config.local.supervisor import Program
from config.local.tls import certificate_file
from tests.migrated import migrated_database

READY_WITHIN = 120.0
SEED = Path(__file__).with_name("seed.json")
TOKEN = "0123456789abcdef" * 2 + "01234567"


@dataclass(frozen=True)
class LivePortal:
    """Where it is, and what a client needs to speak with it."""

    url: str
    certificate: Path
    variables: dict[str, str]
    groups: dict[str, int]
    """The process groups of its programs, by their names."""


@contextmanager
def live_portal(
    home: Path, *, engine: str = "", storage: str = "", job_processes: int = 0
) -> Iterator[LivePortal]:
    """Run a portal with one user, one token and the sockets of `seed.json`.

    With the address of a container engine it runs jobs, too, ``job_processes`` at a time (0: as
    many as the demo); ``storage`` is a STORAGE_URL.
    """
    prepare(home)
    address = Address(host="127.0.0.1", port=_free_port(), tls=True)
    with ExitStack() as stack:
        database = stack.enter_context(_database(home))
        broker = stack.enter_context(private_valkey(home))
        servers = {"DATABASE_URL": database, "BROKER_URL": broker, "CHANNEL_LAYER_URL": broker}
        if storage:
            servers["STORAGE_URL"] = storage
        wanted = ["web", "worker-short"]
        if engine:
            servers["DOCKER_HOST"] = engine
            wanted.append("worker-jobs")
        variables = portal_variables({}, home=home, address=address, servers=servers)
        env = {**os.environ, **variables, "DJANGO_SETTINGS_MODULE": "config.settings.default"}
        _run("manage.py", "migrate", "--no-input", env=env)
        _run("manage.py", "seed", "--file", str(SEED), env=env)
        groups = {}
        for program in portal_programs(home, address=address, reload=False):
            if program.name not in wanted:
                continue
            more = program.name == "worker-jobs" and job_processes
            chosen = job_worker(processes=job_processes) if more else program
            started = _running(chosen, env=env, log=home / program.name)
            groups[program.name] = stack.enter_context(started)
        portal = LivePortal(address.local_url, certificate_file(home), variables, groups)
        _wait(portal)
        yield portal


def _database(home: Path) -> AbstractContextManager[str]:
    """Return a database on the server of the tests; outside of them a server of its own."""
    if "DATABASE_URL" in os.environ:
        return migrated_database("clients")
    return private_postgres(home)


def _run(*command: str, env: dict[str, str]) -> None:
    subprocess.run([sys.executable, *command], env=env, cwd=REPOSITORY, check=True)


@contextmanager
def _running(program: Program, *, env: dict[str, str], log: Path) -> Iterator[int]:
    with log.with_suffix(".log").open("wb") as output:
        process = subprocess.Popen(
            program.command,
            env=dict(program.environment(env)),
            cwd=REPOSITORY,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(portal: LivePortal) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        status, body = probe(f"{portal.url}/api/v1/gcapi/", certificate=portal.certificate)
        if status == 200:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"The portal does not answer: {status} {body}")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
