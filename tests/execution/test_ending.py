"""A real worker that is told to end: it takes nothing new, and gives back what it cannot finish."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from pytest_django import Settings

from app.core.asgi import get_application
from app.execution.gateway.local import LocalGateway
from app.execution.models import Job, Worker
from app.sockets.models import Socket
from app.sockets.services import ensure_socket
from app.uploads.asgi import PartReceiver
from tests.execution.jobs import make_checked_image
from tests.execution.worker_side import build_spec, claimed
from tests.execution.workers import (
    TOKEN,
    containers,
    log_of,
    reloaded,
    send,
    spec_for,
    until,
    worker,
)
from tests.factories.execution import job_kind, make_job
from tests.servers import asgi_server

State = Job.State
pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def portal(settings: Settings) -> Iterator[str]:
    with asgi_server(PartReceiver(get_application())) as address:  # type: ignore[arg-type]
        settings.SITE_URL = address
        settings.WORKER_TOKEN = TOKEN
        yield address


@pytest.fixture
def broker() -> str:
    """A queue that no other test sends to."""
    address = os.environ["BROKER_URL"].rpartition("/")[0] + "/10"
    redis.Redis.from_url(address).flushdb()
    return address


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hounsfield-worker-") as folder:
        yield Path(folder)


@pytest.fixture
def result() -> Socket:
    return ensure_socket(slug="result", title="Result", kind="JSON", relative_path="result.json")


@pytest.mark.docker
class TestToldToEnd:
    @pytest.mark.parametrize("whole_group", [False, True], ids=["process", "control-group"])
    def test_a_long_job_goes_back_at_once_and_costs_nothing(
        self, portal: str, broker: str, home: Path, tmp_path: Path, result: Socket,
        whole_group: bool,
    ) -> None:  # fmt: skip
        """Service managers signal the worker alone, or all of its processes."""
        image = make_checked_image("echo started; sleep 600", tmp_path=tmp_path)
        job = make_job(container_image=image)
        first = job.run_id
        with (
            job_kind(build_spec=spec_for([result])) as finished,
            worker(home, site_url=portal, broker=broker, grace=0.5) as process,
        ):
            send(job, broker=broker)
            until(lambda: "started" in reloaded(job).log, home=home)
            assert containers(first) == ["running"]
            _tell(process, whole_group=whole_group)
            took = until(lambda: reloaded(job).state == State.QUEUED, home=home, seconds=30)
            process.wait(30)
        row = reloaded(job)
        assert took < 15, "not when the lease has run out"
        assert (row.attempts, row.crashes, row.handbacks) == (0, 0, 1)
        assert row.run_id != first
        assert (row.worker, row.log) == ("", "")
        assert containers(first) == []
        assert list((home / "worker" / "runs").iterdir()) == []
        assert process.returncode == 0, log_of(home).read_text()[-3000:]
        assert finished == []

    def test_a_short_job_ends_within_the_grace_and_the_next_is_left_alone(
        self, portal: str, broker: str, home: Path, tmp_path: Path, result: Socket
    ) -> None:
        script = "echo started; sleep 3; echo '{\"score\": 1}' > /output/result.json"
        image = make_checked_image(script, tmp_path=tmp_path)
        job, waits = make_job(container_image=image), make_job(container_image=image)
        with (
            job_kind(build_spec=spec_for([result])),
            worker(home, site_url=portal, broker=broker, grace=60) as process,
        ):
            send(job, broker=broker)
            until(lambda: "started" in reloaded(job).log, home=home)
            send(waits, broker=broker)
            _tell(process)
            process.wait(60)
            assert reloaded(job).state == State.SUCCEEDED
            assert reloaded(waits).state == State.QUEUED
            assert process.returncode == 0
            with worker(home, site_url=portal, broker=broker, grace=0, name="jobs@two"):
                until(lambda: reloaded(waits).is_finished, home=home)

    def test_a_worker_that_nothing_keeps_ends_at_once(
        self, portal: str, broker: str, home: Path
    ) -> None:
        with worker(home, site_url=portal, broker=broker, grace=60) as process:
            until(Worker.objects.filter(has_engine=True).exists, home=home)
            started = time.monotonic()
            _tell(process)
            process.wait(30)
        assert time.monotonic() - started < 15
        assert process.returncode == 0


def _tell(process: subprocess.Popen[bytes], *, whole_group: bool = False) -> None:
    if whole_group:
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()


def test_handing_back_is_not_counted_however_often(finished: list[Any]) -> None:
    job = make_job()
    with job_kind(build_spec=build_spec):
        for number in range(1, 25):
            gateway = LocalGateway()
            gateway.give_back(claimed(gateway, job), reason="It ends.", stopped=True)
            row = reloaded(job)
            assert (row.state, row.attempts, row.handbacks) == (State.QUEUED, 0, number)
    assert finished == []


def test_a_cancelled_job_that_is_handed_back_ends(finished: list[Any]) -> None:
    job = make_job()
    with job_kind(build_spec=build_spec):
        gateway = LocalGateway()
        token = claimed(gateway, job)
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
        gateway.give_back(token, reason="It ends.", stopped=True)
    assert reloaded(job).state == State.CANCELLED
