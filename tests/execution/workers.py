"""Real worker processes for tests, as `make worker` starts them, but without a supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import docker
from celery import Celery

from app.execution.contract import RunSpec
from app.execution.models import Job
from app.execution.services import image_reference
from app.execution.staging import output_slots
from app.sockets.models import Socket
from config.local.home import REPOSITORY
from config.local.programs import job_worker
from tests.contract.executor_cases import SMALL
from tests.factories.engines import engine_address

TOKEN = "a-token-that-portal-and-worker-share"


@contextmanager
def worker(
    home: Path, *, site_url: str, broker: str, grace: float, name: str = "jobs@one",
    more: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """Run one with one process; it is killed at the end unless it has ended."""
    program = job_worker(name=name, queues="jobs-cpu", processes=1, grace=grace)
    environ = {
        **os.environ,
        "BROKER_URL": broker,
        "SITE_URL": site_url,
        "WORKER_TOKEN": TOKEN,
        "DOCKER_HOST": engine_address(),
        "HOUNSFIELD_HOME": str(home),
        **(more or {}),
    }
    with log_of(home).open("ab") as output:
        process = subprocess.Popen(
            program.command,
            cwd=REPOSITORY,
            env=dict(program.environment(environ)),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def log_of(home: Path) -> Path:
    """Where a worker writes what it does."""
    return home / "log"


def send(job: Job, *, broker: str) -> None:
    """Say so to the broker, by an application that does not become this process's own."""
    other = Celery(broker=broker, set_as_current=False)
    other.send_task("app.execution.tasks.run_job", [str(job.pk)], queue="jobs-cpu")


def until(condition: Callable[[], bool], *, home: Path, seconds: float = 120) -> float:
    """Wait for something; return how long it took, fail with the worker's log."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, log_of(home).read_text()[-4000:]
        time.sleep(0.1)
    return time.monotonic() - started


def spec_for(outputs: list[Socket]) -> Callable[[Job], RunSpec]:
    """Describe a run with these outputs."""

    def build(job: Job) -> RunSpec:
        return RunSpec(
            run_id=str(job.pk),
            image=image_reference(job.container_image),
            outputs=output_slots(outputs),
            limits=SMALL,
        )

    return build


def containers(run_id: str) -> list[str]:
    """The states of a run's containers."""
    client = docker.DockerClient(base_url=engine_address())
    with closing(client):
        mine = {"label": f"hounsfield.job={run_id}"}
        return [
            found.status
            for found in client.containers.list(all=True, filters=mine, ignore_removed=True)
        ]


def reloaded(job: Job) -> Job:
    """The job as the database has it."""
    return Job.objects.get(pk=job.pk)
