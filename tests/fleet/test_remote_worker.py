"""`make worker` on another machine, which reaches the portal and the broker and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from pytest_django import Settings

from app.core.asgi import get_application
from app.core.storage import get_store
from app.execution.models import Job, Worker
from app.sockets.services import ensure_socket
from app.uploads.asgi import PartReceiver
from config.local.home import REPOSITORY
from config.local.processes import ProcessRecord, session_members
from config.local.slots import TEST_HOMES
from tests.execution.jobs import make_checked_image
from tests.execution.workers import TOKEN, containers, reloaded, send, spec_for, until
from tests.factories.engines import engine_address
from tests.factories.execution import job_kind, make_job
from tests.fleet.machine import Machine, another_machine, why_impossible, worker_environment
from tests.servers import asgi_server

State = Job.State
pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(400),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def machine() -> Iterator[Machine]:
    if reason := why_impossible():
        pytest.skip(f"NO REMOTE WORKER IS PROVED HERE: {reason}.")
    with another_machine() as found:
        yield found


@pytest.fixture
def broker(machine: Machine) -> Iterator[str]:
    """A queue of its own, at the address by which the other machine reaches it."""
    url = os.environ["BROKER_URL"].rpartition("/")[0] + "/9"
    redis.Redis.from_url(url).flushdb()
    place = urlsplit(url)
    assert place.port
    with machine.opened(place.port):
        yield url.replace(str(place.hostname), machine.here)


@pytest.fixture
def portal(machine: Machine, settings: Settings) -> Iterator[str]:
    with asgi_server(PartReceiver(get_application())) as address:  # type: ignore[arg-type]
        port = urlsplit(address).port
        assert port
        with machine.opened(port):
            settings.SITE_URL = f"http://{machine.here}:{port}"
            settings.ALLOWED_HOSTS = [machine.here]
            settings.WORKER_TOKEN = TOKEN
            yield settings.SITE_URL


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hounsfield-elsewhere-") as folder:
        yield Path(folder)


@contextmanager
def make_worker_there(
    machine: Machine, given: dict[str, str], *, home: Path, hidden: list[Path]
) -> Iterator[subprocess.Popen[bytes]]:
    (home / "log").touch()
    with (home / "log").open("ab") as output:
        process = subprocess.Popen(
            machine.command(sys.executable, "-m", "config.local.worker"),
            cwd=REPOSITORY,
            env=worker_environment(given, home=home, hidden=hidden),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def test_it_runs_jobs_and_is_started_again_when_it_dies(
    machine: Machine, portal: str, broker: str, home: Path, tmp_path: Path, settings: Settings
) -> None:
    hidden = [tmp_path, Path(settings.HOUNSFIELD_HOME), TEST_HOMES]
    for folder in hidden:
        folder.mkdir(parents=True, exist_ok=True)
    given = {
        "BROKER_URL": broker,
        "SITE_URL": portal,
        "WORKER_TOKEN": TOKEN,
        "DOCKER_HOST": engine_address(),
        "WORKER_NAME": "elsewhere",
        "WORKER_CONCURRENCY": "1",
        "WORKER_GRACE_SECONDS": "1",
    }
    result = ensure_socket(slug="result", title="Result", kind="JSON", relative_path="result.json")
    image = make_checked_image(
        "echo started; echo '{\"score\": 1}' > /output/result.json", tmp_path=tmp_path
    )
    first, second = make_job(container_image=image), make_job(container_image=image)
    assert not machine.reaches("127.0.0.1", int(urlsplit(portal).port or 0))
    with (
        job_kind(build_spec=spec_for([result])),
        make_worker_there(machine, given, home=home, hidden=hidden) as process,
    ):
        until(Worker.objects.filter(name="jobs@elsewhere", has_engine=True).exists, home=home)
        send(first, broker=broker)
        until(lambda: reloaded(first).is_finished, home=home)
        runs = home / "state" / "worker" / "runs"
        until(lambda: list(runs.iterdir()) == [], home=home)
        _kill_worker(home)
        until(lambda: "killed by SIGKILL" in (home / "log").read_text(), home=home)
        send(second, broker=broker)
        until(lambda: reloaded(second).is_finished, home=home)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, (home / "log").read_text()
    text = (home / "log").read_text()
    assert "jobs@elsewhere takes jobs from jobs-cpu" in text
    assert "Stopped. make worker starts it again." in text
    for job in (first, second):
        assert reloaded(job).state == State.SUCCEEDED, reloaded(job).reason
        assert containers(job.run_id) == []
    assert session_members(process.pid) == []
    assert list(get_store().list_objects("incoming/")) == []
    assert list(runs.iterdir()) == []


def _kill_worker(home: Path) -> None:
    """The Celery process itself, of which the supervisor keeps a record."""
    record = ProcessRecord.read(home / "state" / "run" / "processes" / "worker-jobs.json")
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)


def test_what_it_cannot_reach_is_said_before_anything_is_started(
    machine: Machine, portal: str, broker: str, home: Path
) -> None:
    given = {
        "BROKER_URL": broker.replace(machine.here, "127.0.0.1"),
        "SITE_URL": portal.replace(machine.here, "127.0.0.1"),
        "WORKER_TOKEN": TOKEN,
        "DOCKER_HOST": engine_address(),
    }
    with make_worker_there(machine, given, home=home, hidden=[]) as process:
        assert process.wait(60) == 1
    text = (home / "log").read_text()
    assert "does not answer" in text
    assert "The broker at 127.0.0.1" in text
    assert "Nothing was started. Mend the above, then: make worker" in text
    assert "Traceback" not in text
    assert not Worker.objects.exists()
