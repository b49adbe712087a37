"""Queues on SQS: made with the times they need, and a real worker takes tasks from them."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from django.conf import settings

from app.core.sqs import (
    look_at_queues,
    make_client,
    make_queues,
    queue_urls,
    region_of,
)
from app.core.tasks import QUEUES
from tests.core.breaking import CUT, breaking_line
from tests.servers import database_url, sqs_server

ROOT = Path(__file__).resolve().parents[2]
AMAZON = "https://sqs.eu-west-1.amazonaws.com/123456789012/hounsfield-"
pytestmark = [pytest.mark.services, pytest.mark.timeout(180)]
TASK = "viewer.tasks.reconcile_viewer"
PATIENCE = 60.0  # seconds
SEND = "from config.celery import app; app.send_task('{}', queue='short')"
WORK = r"""
import os
from celery.signals import task_success
from config.celery import app

@task_success.connect
def tell(sender, **kwargs):
    os.write(1, f"done {sender.name}\n".encode())  # print() goes to the log here

app.worker_main(["worker", "-Q", "short", "-P", "solo", "-l", "ERROR"])
"""


TAKE = """
import os, sys
from config.celery import app

with app.connection_for_read() as connection:
    assert connection.default_channel.basic_get("short")
    os.write(1, b"taken\\n")
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with sqs_server() as address:
        yield address


@pytest.fixture
def prefix(server: str, request: pytest.FixtureRequest) -> str:
    return f"{server}/123456789012/test-{abs(hash(request.node.name)) % 10**6}-"


def manage(*arguments: str, prefix: str, broker: str = "") -> subprocess.CompletedProcess[str]:
    return run(str(ROOT / "manage.py"), *arguments, prefix=prefix, broker=broker)


def run(*arguments: str, prefix: str, broker: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=ROOT,
        env=environment(prefix, broker),
        capture_output=True,
        text=True,
        timeout=120,
    )


def environment(prefix: str, broker: str = "") -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "BROKER_URL": broker or broker_of(prefix),
        "SQS_QUEUES_URL": prefix,
        "CHANNEL_LAYER_URL": channels(),
        "DATABASE_URL": database_url(),
    }


def broker_of(prefix: str) -> str:
    return f"sqs://key:secret@{urlsplit(prefix).netloc}//"


def channels() -> str:
    return os.environ.get("CHANNEL_LAYER_URL") or os.environ["BROKER_URL"]


def test_missing_queues_are_named_and_made(prefix: str) -> None:
    before = manage("sqs_queues", prefix=prefix)
    assert before.returncode != 0
    assert before.stdout.count("does not exist") == len(QUEUES)
    assert "sqs_queues --create" in before.stderr
    made = manage("sqs_queues", "--create", prefix=prefix)
    assert made.returncode == 0, made.stderr
    assert made.stdout.count("ok") == len(QUEUES)


def test_a_queue_that_hands_out_again_too_soon_is_named_and_mended(prefix: str) -> None:
    client = make_client(broker_of(prefix), prefix)
    url = queue_urls(prefix)["jobs-cpu"]
    client.create_queue(QueueName=url.rsplit("/", 1)[1], Attributes={"VisibilityTimeout": "1800"})
    states = {state.name: state.problem for state in look_at_queues(client, prefix)}
    assert "1800 s" in states["jobs-cpu"]
    make_queues(client, prefix)
    assert {state.problem for state in look_at_queues(client, prefix)} == {""}


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_a_task_from_its_queue_and_its_message_goes(prefix: str) -> None:
    client = make_client(broker_of(prefix), prefix)
    make_queues(client, prefix)
    sent = run("-c", SEND.format(TASK), prefix=prefix)
    assert sent.returncode == 0, sent.stderr
    assert messages(client, prefix, "short") == 1
    assert worked(prefix)
    assert messages(client, prefix, "short") == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failures", [[400], [500, 503], [CUT], [403, CUT, 500]], ids=str)
def test_a_worker_asks_on_after_answers_that_failed(
    prefix: str, server: str, failures: list[int]
) -> None:
    make_queues(make_client(broker_of(prefix), prefix), prefix)
    assert run("-c", SEND.format(TASK), prefix=prefix).returncode == 0
    with breaking_line(server, list(failures)) as line:
        assert worked(prefix.replace(server, line.address))
        assert line.failures == []


@pytest.mark.django_db(transaction=True)
def test_a_message_that_is_no_task_stops_nothing(prefix: str) -> None:
    client = make_client(broker_of(prefix), prefix)
    make_queues(client, prefix)
    for body in ("no task", "bm8gdGFzaw==", '{"body": 7}', "[]"):
        client.send_message(QueueUrl=queue_urls(prefix)["short"], MessageBody=body)
    assert run("-c", SEND.format(TASK), prefix=prefix).returncode == 0
    assert worked(prefix)


def test_a_message_that_cannot_be_handed_back_is_not_left_in_a_file(
    prefix: str, server: str, tmp_path: Path
) -> None:
    with sqs_server() as mortal:
        prefix = prefix.replace(server, mortal)
        make_queues(make_client(broker_of(prefix), prefix), prefix)
        assert run("-c", SEND.format(TASK), prefix=prefix).returncode == 0
        holder = subprocess.Popen(
            [sys.executable, "-c", TAKE],
            cwd=ROOT,
            env=environment(prefix) | {"TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"taken\n"
    holder.communicate(b"\n", timeout=PATIENCE)
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


def worked(prefix: str) -> bool:
    """Tell whether a worker that is started now does its task within a while."""
    with subprocess.Popen(
        [sys.executable, "-c", WORK], cwd=ROOT, env=environment(prefix), stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        patience = threading.Timer(PATIENCE, worker.kill)
        patience.start()
        done = any(line.decode().strip() == f"done {TASK}" for line in worker.stdout)
        patience.cancel()
        worker.terminate()
        return done


def messages(client: Any, prefix: str, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = client.get_queue_attributes(QueueUrl=queue_urls(prefix)[queue], AttributeNames=names)
    return sum(int(found["Attributes"][name]) for name in names)


def test_a_process_makes_no_queue_by_the_way(prefix: str) -> None:
    sent = run("-c", SEND.format(TASK), prefix=prefix)
    assert sent.returncode != 0
    with pytest.raises(ClientError):
        messages(make_client(broker_of(prefix), prefix), prefix, "short")


def test_the_command_says_when_there_is_no_sqs(prefix: str) -> None:
    done = manage("sqs_queues", prefix=prefix, broker=channels())
    assert done.returncode != 0
    assert "BROKER_URL names no SQS" in done.stderr


def test_without_the_queues_address_nothing_starts() -> None:
    done = manage("check", prefix="")
    assert done.returncode != 0
    assert "Set SQS_QUEUES_URL" in done.stderr


def test_the_region_is_in_amazons_address() -> None:
    assert region_of(AMAZON) == "eu-west-1"
    assert region_of("https://queues.example/1/h-") == "us-east-1"


def test_messages_stay_hidden_for_longer_than_any_task() -> None:
    from app.execution.tasks import LONGEST

    assert settings.VISIBILITY_SECONDS > LONGEST
