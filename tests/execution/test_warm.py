"""Containers that stay up, on a real engine and over HTTP: pools, endpoints, their ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from app.core.asgi import get_application
from app.execution.api.waiting import CaseWaiter
from app.execution.contract import RunSpec
from app.execution.executors.docker import DockerExecutor
from app.execution.gateway.http import HttpGateway
from app.execution.models import ContainerImage, Endpoint, Job
from app.execution.services import cancel_job, image_reference, job_limits, submit_job
from app.execution.services.endpoints import start_endpoint, stop_endpoint
from app.execution.services.jobs import prepare_job, queue_job
from app.execution.services.running import run_job
from app.execution.staging import input_files, output_slots
from app.sockets.models import Socket
from app.sockets.services import ensure_socket, json_value
from app.uploads.asgi import PartReceiver
from tests.contract.executor_cases import SMALL, left_behind
from tests.execution.jobs import stored_image
from tests.factories.containers import DONE, ContainerRecipe, serving_image
from tests.factories.engines import engine_address
from tests.factories.execution import KIND, job_kind
from tests.servers import asgi_server

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True),
]
State = Job.State
TOKEN = "what-workers-and-portal-share"
COUNT = (
    'n=$(cat /dev/shm/n 2>/dev/null || echo 0); age=$(cat /input/age.json); echo "age $age" >&3; '
    'echo "{\\"age\\": $age}" > /output/result.json'
)


@pytest.fixture(autouse=True)
def site(settings: Settings) -> Iterator[str]:
    settings.WORKER_TOKEN = TOKEN
    settings.WARM_IDLE_SECONDS = 3
    with asgi_server(CaseWaiter(PartReceiver(get_application()))) as address:  # type: ignore[arg-type]
        settings.SITE_URL = address
        yield address


@pytest.fixture
def gateway(site: str) -> HttpGateway:
    return HttpGateway(site, worker_token=TOKEN, patience=5)


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[DockerExecutor]:
    executor = DockerExecutor(work_folder=tmp_path / "work", base_url=engine_address())
    yield executor
    assert left_behind(tmp_path / "work") == []


@pytest.fixture
def age() -> Socket:
    return ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")


@pytest.fixture(autouse=True)
def kinds(age: Socket) -> Iterator[list[tuple[str, str]]]:
    result = ensure_socket(slug="result", title="R", kind="JSON", relative_path="result.json")

    def build_spec(job: Job) -> RunSpec:
        return RunSpec(
            run_id=str(job.pk),
            image=image_reference(job.container_image),
            inputs=input_files(job.inputs.all()),
            outputs=output_slots([result]),
            limits=job_limits(job),
        )

    with job_kind(build_spec=build_spec) as completions:
        yield completions


@pytest.fixture
def make_image(tmp_path: Path) -> Callable[[ContainerRecipe], ContainerImage]:
    return lambda recipe: stored_image(recipe, tmp_path=tmp_path)


def submitted(image: ContainerImage, age: Socket, *ages: int, scope: str = "person 1") -> list[Job]:
    return [
        submit_job(
            actor=image.creator,
            kind=KIND,
            container_image=image,
            inputs=[json_value(socket=age, value=number)],
            limits=SMALL,
            scope=scope,
        )
        for number in ages
    ]


@contextmanager
def working(job: Job, executor: DockerExecutor, gateway: HttpGateway) -> Iterator[threading.Thread]:
    """A worker that got a message about the job, in a thread of its own."""

    def work() -> None:
        try:
            run_job(job.pk, worker="w", executor=executor, gateway=gateway)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(timeout=120)
        assert not thread.is_alive()


def until(condition: Callable[[], Any], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def row(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def results(jobs: list[Job]) -> list[Any]:
    return [value.value for job in jobs for value in row(job).outputs.all()]


def test_a_pool_is_served_by_one_container(
    executor: DockerExecutor, gateway: HttpGateway, age: Socket, make_image: Any
) -> None:
    image = make_image(serving_image(f"{COUNT}; {DONE}"))
    jobs = submitted(image, age, 1, 2, 3)
    run_job(jobs[0].pk, worker="w", executor=executor, gateway=gateway)
    rows = [row(job) for job in jobs]
    assert [found.state for found in rows] == [State.SUCCEEDED] * 3, [r.reason for r in rows]
    assert results(jobs) == [{"age": 1}, {"age": 2}, {"age": 3}]
    assert [found.is_warm for found in rows] == [False, True, True]
    assert len({found.server for found in rows}) == 1
    assert [found.record["served"] for found in rows] == [1, 2, 3]
    assert [found.log for found in rows] == ["age 1\n", "age 2\n", "age 3\n"]


def test_a_failed_case_costs_the_others_only_a_new_container(
    executor: DockerExecutor, gateway: HttpGateway, age: Socket, make_image: Any
) -> None:
    refuse = f'[ "$(cat /input/age.json)" != 2 ] || {{ answer "500 No"; exit; }}; {COUNT}; {DONE}'
    image = make_image(serving_image(refuse))
    jobs = submitted(image, age, 1, 2, 3)
    for job in jobs:  # each message of the broker
        run_job(job.pk, worker="w", executor=executor, gateway=gateway)
    states = [row(job).state for job in jobs]
    assert states == [State.SUCCEEDED, State.FAILED, State.SUCCEEDED]
    assert row(jobs[1]).reason_code == "answer"
    assert not row(jobs[2]).is_warm


def test_an_endpoint_answers_calls_until_it_is_stopped(
    executor: DockerExecutor, gateway: HttpGateway, age: Socket, make_image: Any
) -> None:
    image = make_image(serving_image(f"{COUNT}; {DONE}"))
    endpoint = start_endpoint(actor=image.creator, container_image=image, limits=SMALL)

    def state() -> str:
        return Endpoint.objects.get(pk=endpoint.pk).state

    def call(number: int) -> Job:
        job = prepare_job(
            actor=image.creator,
            kind=KIND,
            container_image=image,
            limits=SMALL,
            endpoint=endpoint,
        )
        job.inputs.set([json_value(socket=age, value=number)])
        queue_job(job)
        return job

    with working(endpoint.job, executor, gateway):
        until(lambda: state() == Endpoint.State.RUNNING)
        took = []
        jobs = []
        for number in range(5):
            asked = time.monotonic()
            jobs.append(call(number))
            until(lambda: row(jobs[-1]).is_finished)
            took.append(time.monotonic() - asked)
        stop_endpoint(actor=image.creator, endpoint=endpoint)
    print("calls took", [round(seconds, 3) for seconds in took])
    assert results(jobs) == [{"age": number} for number in range(5)]
    assert all(row(job).is_warm for job in jobs)
    assert state() == Endpoint.State.STOPPED
    assert row(endpoint.job).state == State.CANCELLED


def test_a_container_that_is_never_ready_fails_its_endpoint(
    executor: DockerExecutor, gateway: HttpGateway, make_image: Any
) -> None:
    image = make_image(serving_image(DONE, setup="echo no model >&2; exit 3"))
    endpoint = start_endpoint(actor=image.creator, container_image=image, limits=SMALL)
    run_job(endpoint.job_id, worker="w", executor=executor, gateway=gateway)
    found = Endpoint.objects.get(pk=endpoint.pk)
    assert found.state == Endpoint.State.FAILED
    assert "no model" in found.reason
    assert row(endpoint.job).log == "no model\n"


def test_a_cancelled_case_is_killed(
    executor: DockerExecutor, gateway: HttpGateway, age: Socket, make_image: Any
) -> None:
    image = make_image(serving_image(f"echo slow >&3; sleep 60; {DONE}"))
    [job] = submitted(image, age, 1)
    with working(job, executor, gateway):
        until(lambda: "slow" in row(job).log)
        cancel_job(actor=image.creator, job=job)
    assert row(job).state == State.CANCELLED
