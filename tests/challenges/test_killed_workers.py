"""Real workers and a real engine: five kills, one end; and what ran is not run again."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import docker
import pytest
import redis
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.models import Challenge, Evaluation, EvaluationMethod, Phase
from app.challenges.services import add_ground_truth, evaluate_again
from app.challenges.services.evaluations import advance
from app.core.asgi import get_application
from app.execution.models import Job
from app.execution.services.reconciling import reconcile
from app.notifications.models import Notification
from app.sockets.services import ensure_socket, json_value
from app.uploads.asgi import PartReceiver
from archives.models import Archive
from archives.services import add_item
from tests.execution.jobs import make_checked_image
from tests.execution.workers import TOKEN, containers, log_of, reloaded, send, until, worker
from tests.factories.algorithms import make_algorithm
from tests.factories.archives import make_archive
from tests.factories.challenges import make_challenge, make_phase, make_submission
from tests.factories.engines import engine_address
from tests.factories.images import make_upload
from tests.factories.starter_kits import tarball
from tests.servers import asgi_server

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.django_db(transaction=True),
]
AGES = (3, 4)
# More than any machine that runs tests: what is asked for is not what is used.
ROOM = {"WORKER_CPUS": "64", "WORKER_MEMORY_MB": "65536"}
CASE = "sleep 2; cat /input/age.json > /output/risk.json"
# Adds up what every case left, so that a result that is lost or doubled changes the score.
METHOD = """
sum=0
for file in /input/*/output/risk.json; do sum=$((sum + $(cat $file))); done
factor=$(cat /opt/ml/input/data/ground_truth/factor)
sleep 2
echo "{\\"aggregates\\": {\\"dice\\": {\\"mean\\": $((sum * factor))}}}" > /output/metrics.json
"""


@pytest.fixture
def broker() -> str:
    """A queue that no other test sends to."""
    address = os.environ["BROKER_URL"].rpartition("/")[0] + "/12"
    redis.Redis.from_url(address).flushdb()
    return address


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hounsfield-worker-") as folder:
        yield Path(folder)


Start = Callable[[], AbstractContextManager[subprocess.Popen[bytes]]]


@pytest.fixture
def start(settings: Settings, broker: str, home: Path) -> Iterator[Start]:
    """What starts a worker of a portal that answers."""
    with asgi_server(PartReceiver(get_application())) as address:  # type: ignore[arg-type]
        settings.SITE_URL = address
        settings.WORKER_TOKEN = TOKEN
        given = {"site_url": address, "broker": broker, "more": ROOM}
        yield partial(worker, home, grace=5, **given)


@pytest.fixture
def phase(tmp_path: Path) -> Phase:
    """Two cases of a number each; the score is their sum times the ground truth."""
    age = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
    risk = ensure_socket(slug="risk", title="Risk", kind="INT", relative_path="risk.json")
    challenge = make_challenge()
    admin = organizer_of(challenge)
    archive: Archive = make_archive(editor=admin)
    for value in AGES:
        values = [json_value(socket=age, value=value)]
        add_item(actor=admin, archive=archive, title=f"Age {value}", values=values)
    found = make_phase(challenge, archive=archive, inputs=[age], outputs=[risk], ready=False)
    image = make_checked_image(METHOD, tmp_path=tmp_path)
    EvaluationMethod.objects.create(phase=found, container_image=image)
    give_truth(found, factor=1)
    return found


@pytest.fixture
def evaluation(phase: Phase, tmp_path: Path) -> Evaluation:
    admin = organizer_of(phase.challenge)
    algorithm = make_algorithm(editor=admin, inputs=phase.inputs.all(), outputs=phase.outputs.all())
    image = make_checked_image(CASE, tmp_path=tmp_path)
    algorithm.versions.update(container_image=image)
    submission = make_submission(phase, creator=admin, algorithm=algorithm)
    found: Evaluation = submission.evaluations.get()
    return found


def organizer_of(challenge: Challenge) -> User:
    person: User = challenge.memberships.get(role="ADMIN").user
    return person


def give_truth(phase: Phase, *, factor: int) -> None:
    admin = organizer_of(phase.challenge)
    content = tarball({"factor": str(factor).encode()})
    upload = make_upload(owner=admin, content=content, filename="truth.tar.gz")
    add_ground_truth(actor=admin, phase=phase, upload=upload)


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count what the engine itself says that it creates, by the job it is for."""
    found: Counter[str] = Counter()
    client = docker.DockerClient(base_url=engine_address())
    wanted = {"type": "container", "event": "create", "label": "hounsfield.job"}
    stream = client.events(decode=True, filters=wanted)

    def listen() -> None:
        for event in stream:
            name = event["Actor"]["Attributes"].get("name", "")
            found[name.removeprefix("hounsfield-")] += 1

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    with closing(client):
        yield found
        stream.close()
    thread.join(10)


def made_for(job: Job, found: Counter[str]) -> int:
    return sum(count for name, count in found.items() if name.startswith(str(job.pk)))


def due(evaluation: Evaluation) -> Job:
    """The one job that the evaluation waits for."""
    advance(evaluation.pk)
    found: Job = Job.objects.get(state=Job.State.QUEUED)
    return found


def finish(job: Job, *, broker: str, home: Path) -> None:
    send(job, broker=broker)
    until(lambda: reloaded(job).is_finished, home=home)
    done = reloaded(job)
    assert done.state == Job.State.SUCCEEDED, (done.reason, done.log, log_of(home).read_text())


def kill(process: subprocess.Popen[bytes], job: Job, *, broker: str, home: Path) -> None:
    """Kill the worker while its container runs; the reconciler finds out."""
    send(job, broker=broker)
    until(lambda: "running" in containers(reloaded(job).run_id), home=home)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)
    held = Job.objects.filter(pk=job.pk, state__in=Job.HELD)
    assert held.update(lease_expires_at=timezone.now() - timedelta(seconds=1)) == 1
    reconcile()
    assert reloaded(job).state == Job.State.QUEUED
    Job.objects.filter(pk=job.pk).update(wait_until=None)


def test_an_evaluation_whose_worker_is_killed_five_times_ends_once_and_right(
    evaluation: Evaluation, start: Start, broker: str, home: Path
) -> None:
    jobs = [due(evaluation)]
    with counted() as found:
        for _ in range(2):
            with start() as process:
                kill(process, jobs[0], broker=broker, home=home)
        for _ in range(2):
            with start() as process:
                finish(jobs[-1], broker=broker, home=home)
                jobs.append(due(evaluation))
                kill(process, jobs[-1], broker=broker, home=home)
        with start() as process:
            kill(process, jobs[-1], broker=broker, home=home)
        with start():
            finish(jobs[-1], broker=broker, home=home)
        for _ in range(2):
            advance(evaluation.pk)
    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.score, evaluation.rank) == ("SUCCEEDED", sum(AGES), 1)
    assert [made_for(job, found) for job in jobs] == [3, 2, 3]
    assert [reloaded(job).attempts for job in jobs] == [2, 1, 2]
    assert [job.outputs.count() for job in jobs] == [1, 1, 1]
    assert Job.objects.count() == len(jobs)
    events = Event.objects.filter(name="challenges.evaluation.state_changed")
    assert sum(event.data["after"] == "SUCCEEDED" for event in events) == 1
    assert Notification.objects.filter(kind="challenges.evaluation.finished").count() == 1


def test_new_ground_truth_runs_the_evaluation_container_alone(
    evaluation: Evaluation, phase: Phase, start: Start, broker: str, home: Path
) -> None:
    with start():
        for _ in range(len(AGES) + 1):
            finish(due(evaluation), broker=broker, home=home)
        advance(evaluation.pk)
        give_truth(phase, factor=2)
        before = set(Job.objects.values_list("pk", flat=True))
        with counted() as found:
            admin = organizer_of(phase.challenge)
            again = evaluate_again(actor=admin, submission=evaluation.submission)
            method = due(again)
            finish(method, broker=broker, home=home)
            advance(again.pk)
    again.refresh_from_db()
    assert (again.state, again.score, again.rank) == ("SUCCEEDED", 2 * sum(AGES), 1)
    assert made_for(method, found) == 1
    for job in Job.objects.filter(pk__in=before):
        assert made_for(job, found) == 0
