"""A job that takes longer than a broker hides its message runs once, on both brokers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from app.core.asgi import get_application
from app.execution.contract import RunSpec
from app.execution.models import Job
from app.execution.services import image_reference
from app.execution.staging import output_slots
from app.sockets.services import ensure_socket
from app.uploads.asgi import PartReceiver
from config.local.environment import worker_variables
from config.local.home import REPOSITORY
from tests.chaos.brokers import Broker, RedisBroker, SqsBroker
from tests.contract.executor_cases import SMALL
from tests.e2e.portal import free_port
from tests.execution.jobs import make_checked_image
from tests.factories.engines import engine_address
from tests.factories.execution import job_kind, make_job
from tests.servers import asgi_server

pytestmark = [
    pytest.mark.docker,
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True),
]
TOKEN = "a-token-that-portal-and-worker-share"
VISIBILITY = 5
# Longer than the message is hidden, three times over.
SCRIPT = "echo begun; sleep 16; echo '{\"score\": 1}' > /output/result.json"
SEND = "from config.celery import app; app.send_task('app.execution.tasks.run_job', ['{}'],"
SEND += " queue='jobs-cpu')"


@pytest.fixture(params=["redis", "sqs"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    home = tmp_path / "servers"
    home.mkdir()
    made: Broker = (
        RedisBroker(home)
        if request.param == "redis"
        else SqsBroker(home, port=free_port(), visibility=VISIBILITY)
    )
    yield made
    made.stop()


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    settings.WORKER_TOKEN = TOKEN
    application = PartReceiver(get_application())  # type: ignore[arg-type]
    with asgi_server(application) as address:
        settings.SITE_URL = address
        yield address


def build_spec(job: Job) -> RunSpec:
    result = ensure_socket(slug="result", title="Result", kind="JSON", relative_path="result.json")
    return RunSpec(
        run_id=str(job.pk),
        image=image_reference(job.container_image),
        outputs=output_slots([result]),
        limits=SMALL,
    )


def test_it_runs_once(broker: Broker, site: str, tmp_path: Path) -> None:
    env = environment(broker, site, home=tmp_path / "home")
    with job_kind(build_spec=build_spec) as finished:
        job = make_job(container_image=make_checked_image(SCRIPT, tmp_path=tmp_path))
        subprocess.run(
            [sys.executable, "-c", SEND.format(job.pk)], cwd=REPOSITORY, env=env, check=True
        )
        with worker(env) as log:
            until(lambda: reloaded(job).is_finished, seconds=120)
            # Handed out again meanwhile, and answered with nothing to do.
            until(lambda: log.read_text().count("run_job") and broker.left() == {}, seconds=60)
            received = log.read_text().count(" received")
        row = reloaded(job)
    assert received > 1, "the message was handed out once only: the test proves nothing"
    assert (row.state, row.attempts, row.crashes) == (Job.State.SUCCEEDED, 0, 0)
    assert row.log == "begun\n"
    assert [value.value for value in row.outputs.all()] == [{"score": 1}]
    assert finished == [(str(job.pk), Job.State.SUCCEEDED)]


def environment(broker: Broker, site: str, *, home: Path) -> dict[str, str]:
    (home / "worker").mkdir(parents=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {
        **kept,
        **broker.servers,
        "SITE_URL": site,
        "WORKER_TOKEN": TOKEN,
        "DOCKER_HOST": engine_address(),
        "HOUNSFIELD_HOME": str(home),
        "VISIBILITY_SECONDS": str(VISIBILITY),
    }
    return dict(worker_variables(given))


@contextmanager
def worker(env: dict[str, str]) -> Iterator[Path]:
    log = Path(env["HOUNSFIELD_HOME"]) / "worker.log"
    command = [
        *(sys.executable, "-m", "celery", "--app", "config.celery", "worker"),
        *("--queues", "jobs-cpu", "--concurrency", "2", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=output, stderr=output)
        try:
            yield log
        finally:
            process.terminate()
            process.wait(timeout=60)


def reloaded(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def until(condition: Callable[[], Any], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.2)
