"""A real worker process that cannot reach database, storage or state folder runs a real job."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import docker
import pytest
from celery import Celery
from django.utils import timezone
from pytest_django import Settings

from app.core.asgi import get_application
from app.core.storage import get_store
from app.execution.contract import RunSpec
from app.execution.contract.limits import MIB
from app.execution.models import IncomingOutput, Job, Worker
from app.execution.services import image_reference, incoming
from app.execution.services.assignments import is_token
from app.execution.services.parsing import parse_outputs
from app.execution.services.reconciling import reconcile
from app.execution.staging import input_files, output_slots
from app.sockets.models import Socket
from app.sockets.services import ensure_socket, file_value
from app.uploads.asgi import PartReceiver
from config.local.environment import worker_variables
from config.local.home import REPOSITORY
from config.local.slots import TEST_HOMES
from tests.contract.executor_cases import SMALL
from tests.execution.jobs import make_checked_image
from tests.factories.engines import engine_address
from tests.factories.execution import job_kind, make_job
from tests.servers import asgi_server

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(400),
    pytest.mark.django_db(transaction=True),
]
State = Job.State
PDF = b"%PDF-1.4 hello %%EOF"
TOKEN = "a-token-that-portal-and-worker-share"
# A mount namespace of its own, in which the folders that a worker must not need are empty.
# The engine's socket is the one thing of them that it may have, below its own folder.
HIDE = """
touch "$SOCKET" && mount --bind "$ENGINE" "$SOCKET" || exit 1
for folder in $HIDDEN; do mount -t tmpfs none "$folder" || exit 1; done
exec "$@"
"""


@pytest.fixture(autouse=True)
def portal(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(incoming, "PART_SIZE", 5 * MIB)
    application = PartReceiver(get_application())  # type: ignore[arg-type]
    with asgi_server(application) as address:
        settings.SITE_URL = address
        settings.WORKER_TOKEN = TOKEN
        yield address


@pytest.fixture
def hidden(settings: Settings, tmp_path: Path) -> list[Path]:
    """Storage, keys, and the sockets of the private servers."""
    folders = [tmp_path, Path(settings.HOUNSFIELD_HOME), TEST_HOMES]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return folders


@pytest.fixture
def broker() -> str:
    """A queue that no other test sends to."""
    return os.environ["BROKER_URL"].rpartition("/")[0] + "/11"


@pytest.fixture
def home() -> Iterator[Path]:
    """The worker's own folder, the one that it may see."""
    with tempfile.TemporaryDirectory(prefix="hounsfield-worker-") as folder:
        yield Path(folder)


@contextmanager
def worker_process(
    home: Path, *, site_url: str, broker: str, hidden: list[Path]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker as the demo does, but where `hidden` folders are empty."""
    environ = {
        **os.environ,
        "BROKER_URL": broker,
        "SITE_URL": site_url,
        "WORKER_TOKEN": TOKEN,
        "DOCKER_HOST": f"unix://{home / 'engine.sock'}",
        "HOUNSFIELD_HOME": str(home),
        "AWS_SECRET_ACCESS_KEY": "never passed on",
    }
    given = worker_variables(environ)
    assert not {"DATABASE_URL", "SECRET_KEY", "STORAGE_URL"} & set(given)
    assert not [name for name in given if name.startswith("AWS_")]
    become = ["--mount"] if os.geteuid() == 0 else ["--map-root-user", "--mount"]
    command = ["unshare", *become, "sh", "-c", HIDE, "sh", sys.executable, "-m", "celery"]
    command += ["--app", "config.celery", "worker", "--queues", "jobs-cpu", "--pool", "prefork"]
    command += ["--concurrency", "1", "--hostname", "test@%h", "--loglevel", "INFO"]
    with log_of(home).open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env={
                **given,
                "HIDDEN": " ".join(str(path) for path in hidden),
                "ENGINE": engine_address().removeprefix("unix://"),
                "SOCKET": str(home / "engine.sock"),
            },
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


def log_of(home: Path) -> Path:
    return home / "log"


def send(job: Job, *, broker: str) -> None:
    """Say so to the broker, by an application that does not become this process's own."""
    other = Celery(broker=broker, set_as_current=False)
    other.send_task("app.execution.tasks.run_job", [str(job.pk)], queue="jobs-cpu")


def until(condition: Callable[[], bool], *, home: Path, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, log_of(home).read_text()[-4000:]
        time.sleep(0.1)


def test_a_worker_lives_on_its_token_and_signed_addresses(
    portal: str, broker: str, hidden: list[Path], home: Path, tmp_path: Path
) -> None:
    sockets = _sockets()
    (tmp_path / "notes").write_bytes(PDF)
    get_store().put_file(tmp_path / "notes", key="values/notes.pdf")
    notes = file_value(socket=sockets["notes"], file_key="values/notes.pdf", file_size=len(PDF))
    script = """
    set -e
    cp /input/notes.pdf /output/copy.pdf; echo "read $(wc -c < /input/notes.pdf) bytes"
    yes 1,2,3 | head -c 11000004 > /output/table.csv
    echo '{"score": 1}' > /output/result.json
    """
    image = make_checked_image(script, tmp_path=tmp_path)
    job = make_job(container_image=image)
    job.inputs.set([notes])
    outputs = [sockets[slug] for slug in ("result", "copy", "table")]
    with job_kind(build_spec=_spec_for(outputs)) as finished:
        with worker_process(home, site_url=portal, broker=broker, hidden=hidden):
            send(job, broker=broker)
            until(lambda: _reloaded(job).state not in {State.QUEUED, *Job.HELD}, home=home)
            until(Worker.objects.filter(has_engine=True).exists, home=home)
        assert _containers(job.run_id) == [], "told to end, it clears up first"
        assert list((home / "worker" / "runs").iterdir()) == []
        handed = _reloaded(job)
        assert handed.state == State.PARSING, (handed.reason, handed.log)
        assert not handed.outputs.exists()
        assert IncomingOutput.objects.filter(job=job).count() == 3
        parse_outputs(job.pk)

    done = _reloaded(job)
    assert done.state == State.SUCCEEDED, done.reason
    values = {value.socket.slug: value for value in done.outputs.select_related("socket")}
    assert values["result"].value == {"score": 1}
    assert get_store().size(values["table"].file_key) == 11_000_004
    assert b"".join(get_store().iter_range(values["copy"].file_key)) == PDF
    assert done.log == f"read {len(PDF)} bytes\n"
    assert finished == [(str(job.pk), State.SUCCEEDED)]
    assert not IncomingOutput.objects.exists()
    assert list(get_store().list_objects("incoming/")) == []
    assert list(get_store().list_multiparts("incoming/")) == []


def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    portal: str, broker: str, hidden: list[Path], home: Path, tmp_path: Path
) -> None:
    result = _sockets()["result"]
    script = "echo started; sleep 8; echo '{\"score\": 1}' > /output/result.json"
    job = make_job(container_image=make_checked_image(script, tmp_path=tmp_path))
    first = job.run_id
    with job_kind(build_spec=_spec_for([result])) as finished:
        with worker_process(home, site_url=portal, broker=broker, hidden=hidden) as process:
            send(job, broker=broker)
            until(lambda: "started" in _reloaded(job).log, home=home)
            os.killpg(process.pid, signal.SIGKILL)
        assert _containers(first) == ["running"]
        Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        reconcile()
        assert (_reloaded(job).state, _reloaded(job).attempts) == (State.QUEUED, 1)
        with worker_process(home, site_url=portal, broker=broker, hidden=hidden):
            send(job, broker=broker)
            until(lambda: _reloaded(job).is_finished, home=home)
            until(lambda: _containers(first) == [], home=home)
    assert _reloaded(job).state == State.SUCCEEDED
    assert [value.value for value in _reloaded(job).outputs.all()] == [{"score": 1}]
    assert finished == [(str(job.pk), State.SUCCEEDED)]
    assert [path for path in (home / "worker" / "runs").iterdir() if path.name == first] == []


def test_a_token_of_another_portal_is_none() -> None:
    assert not is_token("x:y:z")


def _sockets() -> dict[str, Socket]:
    made = [
        ensure_socket(slug="result", title="Result", kind="JSON", relative_path="result.json"),
        ensure_socket(slug="notes", title="Notes", kind="PDF", relative_path="notes.pdf"),
        ensure_socket(slug="copy", title="Copy", kind="PDF", relative_path="copy.pdf"),
        ensure_socket(slug="table", title="Table", kind="CSV", relative_path="table.csv"),
    ]
    return {socket.slug: socket for socket in made}


def _spec_for(outputs: list[Socket]) -> Callable[[Job], RunSpec]:
    def build(job: Job) -> RunSpec:
        limits = {**SMALL.as_record(), "output": 32 * MIB}
        return RunSpec(
            run_id=str(job.pk),
            image=image_reference(job.container_image),
            inputs=input_files(job.inputs.all()),
            outputs=output_slots(outputs),
            limits=type(SMALL)(**limits),
        )

    return build


def _containers(run_id: str) -> list[str]:
    client = docker.DockerClient(base_url=engine_address())
    with closing(client):
        mine = {"label": f"hounsfield.job={run_id}"}
        return [
            found.status
            for found in client.containers.list(all=True, filters=mine, ignore_removed=True)
        ]


def _reloaded(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)
