"""Find a container engine for this machine, or start a private one.

Jobs need a Docker-compatible engine. A machine that has one keeps using it; a bare Debian or
Ubuntu gets a private engine whose files, socket and processes live under the state folder, so
that stopping the portal leaves nothing behind. When neither is possible the portal still runs and
says in one sentence what is missing.

Plain Python: the supervisor and the test session use it before Django exists.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import docker
import requests
from docker.errors import DockerException

from config.local import engine_daemon, engine_install
from config.local.engine_daemon import EngineError

__all__ = ["Engine", "answers", "ensure_engine", "install_allowed", "stop_engine"]

PROBE_SECONDS = 2
QUESTION = (
    "No container engine was found. Install Debian's docker.io now? "
    "It is used by this portal alone and does not start with the machine."
)


@dataclass(frozen=True)
class Engine:
    """Where containers run, or why they cannot.

    `docker_host` is what to put in DOCKER_HOST. `started_pid` is set only when this process
    started (or took over from a dead predecessor) a private engine under `home`, which
    `stop_engine` then ends. Exactly one of `docker_host` and `why_not` is set.
    """

    docker_host: str | None
    started_pid: int | None = None
    why_not: str | None = None
    home: Path | None = None


def install_allowed(environ: Mapping[str, str]) -> bool:
    """Say whether the environment permits installing the engine without asking."""
    return environ.get("HOUNSFIELD_INSTALL_ENGINE") == "1" or environ.get("CI") == "true"


def ensure_engine(
    home: Path, *, allow_install: bool, ask: Callable[[str], bool] | None = None
) -> Engine:
    """Return the engine to use, starting a private one under `home` when there is none.

    `allow_install` lets Debian's packages be installed without a question; otherwise `ask` (a
    yes/no question on the terminal) decides. Never raises for a missing engine: see `why_not`.
    """
    chosen = os.environ.get("DOCKER_HOST", "")
    if chosen:
        return _chosen_engine(chosen)
    for host in _usual_hosts():
        if answers(host):
            return Engine(docker_host=host)
    try:
        return _private_engine(home, allow_install=allow_install, ask=ask)
    except EngineError as failure:
        return Engine(docker_host=None, why_not=str(failure))


def stop_engine(engine: Engine) -> None:
    """End the private engine that `ensure_engine` started, with its containers; else nothing."""
    if engine.started_pid is not None and engine.home is not None:
        engine_daemon.stop(engine_daemon.layout(engine.home), pid=engine.started_pid)


def answers(docker_host: str) -> bool:
    """Say whether a Docker-compatible engine replies at this address within two seconds.

    Docker's own variables for TLS (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH) count, as for its tools.
    """
    environment = {**os.environ, "DOCKER_HOST": docker_host}
    try:
        client = docker.DockerClient.from_env(timeout=PROBE_SECONDS, environment=environment)
    except (DockerException, OSError, ValueError):
        return False
    try:
        return bool(client.ping())
    except (DockerException, requests.RequestException, OSError, ValueError):
        return False
    finally:
        client.close()


def _chosen_engine(docker_host: str) -> Engine:
    """Respect DOCKER_HOST: the operator named an engine, so no other one is used in its place."""
    if answers(docker_host):
        return Engine(docker_host=docker_host)
    return Engine(
        docker_host=None,
        why_not=f"DOCKER_HOST is {docker_host}, but no container engine answers there: "
        "start it, or unset DOCKER_HOST to let the portal look for one.",
    )


def _usual_hosts() -> Iterator[str]:
    """Sockets where Docker and Podman listen by default, the system's before the user's."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    sockets = (
        Path("/var/run/docker.sock"),
        Path("/run/podman/podman.sock"),
        runtime / "docker.sock",
        runtime / "podman" / "podman.sock",
        Path.home() / ".docker" / "run" / "docker.sock",
    )
    return (f"unix://{path}" for path in sockets if _is_socket(path))


def _is_socket(path: Path) -> bool:
    try:
        return path.is_socket()
    except OSError:
        return False


def _private_engine(
    home: Path, *, allow_install: bool, ask: Callable[[str], bool] | None
) -> Engine:
    places = engine_daemon.layout(home)
    with engine_daemon.exclusive(places):
        if answers(places.docker_host):
            pid = engine_daemon.adopt(places)
        else:
            _need_daemon(places, allow_install=allow_install, ask=ask)
            pid = engine_daemon.start(places, answers=answers)
    return Engine(docker_host=places.docker_host, started_pid=pid, home=home)


def _need_daemon(
    places: engine_daemon.Layout, *, allow_install: bool, ask: Callable[[str], bool] | None
) -> None:
    """Make sure a dockerd program exists that we may start, installing it when permitted."""
    engine_install.check_possible()
    if engine_install.find_dockerd() is not None:
        return
    if not allow_install and not (ask is not None and ask(QUESTION)):
        raise EngineError(
            "No container engine was found and installing one was not allowed: set "
            "HOUNSFIELD_INSTALL_ENGINE=1, or install Docker or Podman yourself."
        )
    engine_install.install(log=places.root / "install.log")
