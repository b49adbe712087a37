"""Jobs on a real engine, with real storage, signed addresses and socket values."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import docker
import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from app.core.asgi import get_application
from app.core.ids import new_id
from app.core.storage import get_store
from app.execution.contract import RunSpec
from app.execution.executors.choose import Executor
from app.execution.executors.docker import DockerExecutor
from app.execution.executors.null import NullExecutor
from app.execution.models import Job
from app.execution.selectors import job_log
from app.execution.services import cancel_job, image_reference
from app.execution.services.assignments import hear_beat
from app.execution.services.parsing import parse_outputs
from app.execution.services.reconciling import reconcile
from app.execution.services.running import run_job as run_on_worker
from app.execution.staging import input_files, output_slots
from app.sockets.models import Socket, SocketValue
from app.sockets.services import ensure_socket, file_value, json_value
from app.uploads.asgi import PartReceiver
from tests.contract.executor_cases import SMALL
from tests.execution.jobs import make_checked_image
from tests.factories.engines import engine_address
from tests.factories.execution import KIND, job_kind
from tests.servers import asgi_server

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True),
]
State = Job.State
PDF = b"%PDF-1.4 hello %%EOF"
OK = "echo '{\"score\": 1}' > /output/result.json"
HEADER = (
    "ObjectType = Image\\nNDims = 3\\nBinaryData = True\\nBinaryDataByteOrderMSB = False\\n"
    "DimSize = 2 2 2\\nElementSpacing = 1 1 1\\n"
    "ElementType = MET_UCHAR\\nElementDataFile = LOCAL\\n"
)
MASK = f"mkdir -p /output/images/mask; printf '{HEADER}\\1\\2\\3\\4\\5\\6\\7\\10' "
MASK += "> /output/images/mask/mask.mha"


@pytest.fixture
def work_folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def executor(work_folder: Path) -> Iterator[DockerExecutor]:
    executor = DockerExecutor(work_folder=work_folder, base_url=engine_address())
    yield executor
    assert sorted(work_folder.glob("*")) == []
    assert executor.reap(live=set()) == []


@pytest.fixture(autouse=True)
def portal(settings: Settings) -> Iterator[None]:
    """The portal's own delivery, over HTTP: inputs reach a worker in no other way."""
    with asgi_server(PartReceiver(get_application())) as address:  # type: ignore[arg-type]
        settings.SITE_URL = address
        yield


@pytest.fixture
def outputs() -> list[Socket]:
    """The output sockets of the jobs of these tests; a test may add to them."""
    schema = {"type": "object"}
    return [
        ensure_socket(
            slug="result",
            title="Result",
            kind="JSON",
            relative_path="result.json",
            schema=schema,
        )
    ]


@pytest.fixture(autouse=True)
def finished(outputs: list[Socket]) -> Iterator[list[tuple[str, str]]]:
    def build_spec(job: Job) -> RunSpec:
        return RunSpec(
            run_id=str(job.pk),
            image=image_reference(job.container_image),
            inputs=input_files(job.inputs.all()),
            outputs=output_slots(outputs),
            limits=SMALL,
        )

    with job_kind(build_spec=build_spec) as completions:
        yield completions


def run_job(job_id: object, *, worker: str, executor: Executor) -> None:
    """The worker's part of a job, and the part of a process with storage."""
    run_on_worker(str(job_id), worker=worker, executor=executor)
    parse_outputs(str(job_id))


def make_job(script: str, *, inputs: list[SocketValue] | None = None, tmp_path: Path) -> Job:
    """A queued job of a container image that was uploaded and checked."""
    image = make_checked_image(script, tmp_path=tmp_path)
    job = Job.objects.create(
        kind=KIND, container_image=image, creator=image.creator, state=State.QUEUED
    )
    job.inputs.set(inputs or [])
    return job


@contextmanager
def running(job: Job, executor: DockerExecutor) -> Iterator[threading.Thread]:
    """Run the job in a thread, as a worker would."""

    def work() -> None:
        try:
            run_job(job.pk, worker="thread", executor=executor)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(timeout=60)
        assert not thread.is_alive()


def until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def reloaded(job: Job) -> Job:
    return Job.objects.select_related("container_image").get(pk=job.pk)


def test_from_values_to_values(
    executor: DockerExecutor,
    outputs: list[Socket],
    finished: list[tuple[str, str]],
    tmp_path: Path,
) -> None:
    age = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
    report = ensure_socket(slug="notes", title="Notes", kind="PDF", relative_path="notes.pdf")
    mask = ensure_socket(slug="mask", title="Mask", kind="SEG", relative_path="images/mask")
    outputs += [mask, report]
    (tmp_path / "notes").write_bytes(PDF)
    get_store().put_file(tmp_path / "notes", key="values/notes.pdf")
    inputs = [
        json_value(socket=age, value=61),
        file_value(socket=report, file_key="values/notes.pdf", file_size=len(PDF)),
    ]
    script = f"""
    set -e
    echo "age $(cat /input/age.json)"; grep -o '"slug": "age"' /input/inputs.json
    cp /input/notes.pdf /output/notes.pdf
    {MASK}; {OK}
    """
    job = make_job(script, inputs=inputs, tmp_path=tmp_path)
    run_job(job.pk, worker="test", executor=executor)
    job = reloaded(job)
    assert job.state == State.SUCCEEDED, (job.reason, job.log)
    assert "age 61" in job.log
    assert '"slug": "age"' in job.log
    values = {value.socket.slug: value for value in job.outputs.all()}
    assert values["result"].value == {"score": 1}
    assert values["mask"].image is not None
    assert values["mask"].image.size == [2, 2, 2]
    assert values["notes"].file_size == len(PDF)
    assert b"".join(get_store().iter_range(values["notes"].file_key)) == PDF
    record = job.record
    assert record["image_id"] == job.container_image.digest
    assert set(record["inputs"]) == {"age.json", "notes.pdf", "inputs.json"}
    assert record["outputs"]["result"]["sha256"]
    assert record["limits"]["memory"] == SMALL.memory
    assert (record["exit_code"], record["log"]["bytes"]) == (0, len(job.log))
    assert job.handled
    assert finished == [(str(job.pk), State.SUCCEEDED)]


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("echo oh no >&2; exit 4", "exit_code", "oh no"),
        ("true", "output", "/output/result.json"),
        ("echo [ > /output/result.json", "output", "not valid JSON"),
        ("touch /x || exit 1", "read_only", "/x"),
        ("echo 5 > /output/result.json", "output", "does not fit its schema at the top level"),
        ("dd if=/dev/zero of=/tmp/x bs=1M count=99", "disk_full", "/tmp"),
        ("tail /dev/zero", "out_of_memory", "memory limit"),
    ],
    ids=["exit", "missing", "json", "root", "schema", "disk", "memory"],
)
def test_a_failure_is_told_in_words(
    executor: DockerExecutor, tmp_path: Path, script: str, code: str, said: str
) -> None:
    job = make_job(script, tmp_path=tmp_path)
    run_job(job.pk, worker="test", executor=executor)
    job = reloaded(job)
    assert (job.state, job.reason_code) == (State.FAILED, code), job.log
    assert said in job.reason
    assert not job.outputs.exists()
    assert job.record["reason"]["code"] == code
    assert (job.attempts, job.crashes) == (0, 0)


def test_an_image_that_is_none_is_the_authors_to_mend(
    executor: DockerExecutor, outputs: list[Socket], tmp_path: Path
) -> None:
    outputs.append(
        ensure_socket(slug="mask", title="Mask", kind="SEG", relative_path="images/mask")
    )
    script = f"mkdir -p /output/images/mask; echo junk > /output/images/mask/m.mha; {OK}"
    job = make_job(script, tmp_path=tmp_path)
    run_job(job.pk, worker="test", executor=executor)
    job = reloaded(job)
    assert (job.state, job.reason_code) == (State.FAILED, "output")
    assert "Mask" in job.reason
    assert not job.outputs.exists()


def test_the_log_is_seen_while_it_runs_and_a_cancel_ends_it(
    executor: DockerExecutor, finished: list[tuple[str, str]], tmp_path: Path
) -> None:
    job = make_job("echo started; sleep 100", tmp_path=tmp_path)
    with running(job, executor):
        until(lambda: "started" in reloaded(job).log)
        assert reloaded(job).state == State.EXECUTING
        assert containers_of(job) == ["running"]
        asked = time.monotonic()
        cancel_job(actor=job.creator, job=job)
        until(lambda: "running" not in containers_of(job), seconds=5)
        until(lambda: reloaded(job).is_finished, seconds=5)
        print(f"cancelled within {time.monotonic() - asked:.2f} s")
    assert containers_of(job) == []
    assert reloaded(job).state == State.CANCELLED
    assert job_log(reloaded(job))[0] == "started\n"
    assert finished == [(str(job.pk), State.CANCELLED)]


def containers_of(job: Job) -> list[str]:
    """The states of the job's containers in the engine."""
    client = docker.DockerClient(base_url=engine_address())
    with contextlib.closing(client):
        mine = {"label": f"hounsfield.job={job.run_id}"}
        return [
            found.status
            for found in client.containers.list(all=True, filters=mine, ignore_removed=True)
        ]


def test_what_it_uses_is_seen_while_it_runs(executor: DockerExecutor, tmp_path: Path) -> None:
    job = make_job(
        f"i=0; while [ $i -lt 900000 ]; do i=$((i+1)); done; sleep 3; {OK}", tmp_path=tmp_path
    )
    with running(job, executor):
        until(lambda: bool(reloaded(job).usage))
        assert reloaded(job).state == State.EXECUTING
    for seconds, cpu, memory in reloaded(job).usage:
        assert 0 < seconds < 60
        assert 0 <= cpu <= 1
        assert 0 < memory < SMALL.memory


def test_a_message_that_comes_twice_runs_once(
    executor: DockerExecutor, finished: list[tuple[str, str]], tmp_path: Path
) -> None:
    job = make_job(OK, tmp_path=tmp_path)
    with running(job, executor), running(job, executor):
        pass
    values = list(reloaded(job).outputs.values_list("pk", flat=True))
    run_job(job.pk, worker="late", executor=executor)
    assert list(reloaded(job).outputs.values_list("pk", flat=True)) == values
    assert finished == [(str(job.pk), State.SUCCEEDED)]
    assert SocketValue.objects.count() == 1


def test_a_worker_that_loses_its_lease_stops_and_another_run_succeeds(
    executor: DockerExecutor, finished: list[tuple[str, str]], tmp_path: Path
) -> None:
    wait = f"test -e /tmp/never || {{ echo waiting; sleep 100; }}; {OK}"
    job = make_job(wait, tmp_path=tmp_path)
    with running(job, executor):
        until(lambda: "waiting" in reloaded(job).log)
        Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        reconcile()
        assert reloaded(job).state == State.QUEUED
    row = reloaded(job)
    assert (row.state, row.attempts, row.log) == (State.QUEUED, 1, "")
    assert finished == []
    fixed = make_checked_image(OK, tmp_path=tmp_path)
    Job.objects.filter(pk=job.pk).update(container_image=fixed)
    run_job(job.pk, worker="other", executor=executor)
    assert reloaded(job).state == State.SUCCEEDED
    assert finished == [(str(job.pk), State.SUCCEEDED)]


def test_storage_that_does_not_answer_costs_no_failure(
    executor: DockerExecutor, settings: Settings, tmp_path: Path
) -> None:
    job = make_job(f"echo unique {new_id()}; {OK}", tmp_path=tmp_path)
    address = settings.SITE_URL
    settings.SITE_URL = "http://127.0.0.1:9"
    run_job(job.pk, worker="test", executor=executor)
    row = reloaded(job)
    assert (row.state, row.attempts, row.crashes) == (State.QUEUED, 1, 0)
    settings.SITE_URL = address
    run_job(job.pk, worker="test", executor=executor)
    assert reloaded(job).state == State.SUCCEEDED


def test_without_an_engine_a_job_waits(tmp_path: Path) -> None:
    job = make_job(OK, tmp_path=tmp_path)
    run_job(job.pk, worker="test", executor=NullExecutor())
    row = reloaded(job)
    assert (row.state, row.attempts) == (State.QUEUED, 0)


def beat() -> set[str]:
    return hear_beat("w", queues=["jobs-cpu"], has_engine=True, engine="")


def test_what_a_dead_worker_left_is_removed(
    executor: DockerExecutor, work_folder: Path, tmp_path: Path
) -> None:
    job = make_job("sleep 100", tmp_path=tmp_path)
    Job.objects.update(state=State.EXECUTING)
    spec = RunSpec(run_id=job.run_id, image=image_reference(job.container_image), limits=SMALL)
    handle = executor.provision(spec)
    executor.start(handle)
    assert executor.reap(live=beat()) == []
    Job.objects.update(state=State.FAILED, finished_at=timezone.now() - timedelta(minutes=5))
    assert executor.reap(live=beat()) == [job.run_id]
    client = docker.DockerClient(base_url=engine_address())
    assert client.containers.list(all=True, filters={"label": f"hounsfield.job={job.run_id}"}) == []
    client.close()
    assert handle.watched is not None
    handle.watched.join()
