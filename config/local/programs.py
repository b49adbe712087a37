"""The portal's programs, their command lines and environments: web server, workers, clock."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from config.local.environment import Address, worker_variables
from config.local.supervisor import STOP_PATIENCE, Program
from config.local.tls import ensure_certificate, key_file

CODE = ("algorithms", "app", "archives", "config", "demo", "reader_studies", "viewer")
SHORT_QUEUES = "short,imports,slices,evaluations"
AUDIT_QUEUES = "audit"
JOB_QUEUES = "jobs-cpu,jobs-gpu"
DEMO_GRACE = 2.0  # seconds for running jobs when the demo stops; whoever pressed Ctrl-C waits
CLEARING = 5.0  # seconds to remove containers and give jobs back


def portal_programs(home: Path, *, address: Address, reload: bool) -> list[Program]:
    """Return the programs in the order in which they start and stop."""
    return [
        _web(home, address, reload=reload),
        _worker("worker-short", queues=SHORT_QUEUES, processes=2, reload=reload),
        job_worker(reload=reload),
        _worker("worker-audit", queues=AUDIT_QUEUES, processes=1, reload=reload, pool="solo"),
        Program(name="beat", command=_beat(home)),
    ]


def job_worker(
    *,
    name: str = "worker-jobs@%h",
    queues: str = JOB_QUEUES,
    processes: int = 0,
    grace: float = DEMO_GRACE,
    reload: bool = False,
) -> Program:
    """Return the worker that starts strangers' programs; ``processes`` 0: as many as are sensible.

    Its jobs have ``grace`` seconds to end once it was told to.
    """
    worker = _worker(
        "worker-jobs", name=name, queues=queues, processes=processes or _job_processes(),
        reload=reload,
    )  # fmt: skip

    def environment(given: Mapping[str, str]) -> Mapping[str, str]:
        return {**worker_variables(given), "WORKER_GRACE_SECONDS": str(grace)}

    return replace(worker, environment=environment, patience=grace + CLEARING + STOP_PATIENCE)


def _web(home: Path, address: Address, *, reload: bool) -> Program:
    command = [
        *(sys.executable, "-m", "uvicorn", "config.asgi:application"),
        *("--host", address.host, "--port", str(address.port)),
        *("--ws", "websockets-sansio", "--ws-per-message-deflate", "false"),
        *("--ws-max-size", "131072"),
        *("--timeout-graceful-shutdown", "3", "--no-access-log"),
    ]
    if address.tls:
        certificate = str(ensure_certificate(home))
        command += ["--ssl-certfile", certificate, "--ssl-keyfile", str(key_file(home))]
    if reload:
        folders = [part for folder in CODE for part in ("--reload-dir", folder)]
        command += ["--reload", *folders]
    return Program(name="web", command=tuple(command))


def _worker(
    title: str, *, queues: str, processes: int, reload: bool, pool: str = "prefork", name: str = ""
) -> Program:
    command = [
        *_celery("worker"),
        *("--queues", queues, "--hostname", name or f"{title}@%h"),
        *("--concurrency", str(processes)),
        *("--pool", pool, "--without-gossip", "--without-mingle"),
    ]
    if reload:
        command = [*_watching(), " ".join(command), *CODE]
    return Program(name=title, command=tuple(command))


def _beat(home: Path) -> tuple[str, ...]:
    return (*_celery("beat"), "--schedule", str(home / "run" / "beat-schedule"), "--pidfile=")


def _celery(command: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "--app", "config.celery", command, "--loglevel", "INFO")


def _watching() -> tuple[str, ...]:
    """Return the command that runs another one and starts it again when Python files change."""
    return (sys.executable, "-m", "watchfiles", "--filter", "python", "--target-type", "command")


def _job_processes() -> int:
    """Jobs use whole processors: two at a time where there are enough of them."""
    return 2 if (os.cpu_count() or 1) >= 4 else 1
