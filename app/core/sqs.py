"""The queues on Amazon SQS (or a server that speaks like it): their addresses and properties.

How long a received message stays hidden belongs to the queue, so whoever makes the queues decides
when the task of a lost worker comes back; a queue that a process made by the way would have half
an hour, and every longer job would run twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.exceptions import ClientError
from django.conf import settings

from app.core.tasks import QUEUES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

RETENTION_SECONDS = 14 * 24 * 3600  # the longest that SQS keeps a message
_AMAZON = re.compile(r"sqs[.-](?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_DEFAULT_REGION = "us-east-1"
_MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


@dataclass(frozen=True)
class QueueState:
    """A queue as it was found; ``problem`` is empty when tasks are safe in it."""

    name: str
    url: str
    problem: str


def queue_urls(prefix: str) -> dict[str, str]:
    """Return the address of every queue, each ``prefix`` with the queue's name behind."""
    return {name: f"{prefix}{name}" for name in QUEUES}


def region_of(prefix: str) -> str:
    """Return the region in Amazon's addresses; other servers do not care."""
    found = _AMAZON.fullmatch(urlsplit(prefix).hostname or "")
    return found["region"] if found else _DEFAULT_REGION


def transport_options(prefix: str) -> dict[str, Any]:
    """Return Celery's options for the queues below ``prefix``."""
    return {
        "region": region_of(prefix),
        "is_secure": urlsplit(prefix).scheme == "https",
        "visibility_timeout": settings.VISIBILITY_SECONDS,
        "wait_time_seconds": 10,
        "polling_interval": 0,
        "predefined_queues": {name: {"url": url} for name, url in queue_urls(prefix).items()},
    }


def make_client(broker_url: str, prefix: str) -> "SQSClient":
    """Return a client for the queues; without keys in ``broker_url`` the machine's own are used."""
    keys, place = urlsplit(broker_url), urlsplit(prefix)
    return boto3.session.Session().client(
        "sqs",
        region_name=region_of(prefix),
        endpoint_url=f"{place.scheme}://{place.netloc}",
        aws_access_key_id=unquote(keys.username) if keys.username else None,
        aws_secret_access_key=unquote(keys.password) if keys.password else None,
    )


def look_at_queues(client: "SQSClient", prefix: str) -> Iterator[QueueState]:
    """Yield every queue with what is wrong with it."""
    for name, url in queue_urls(prefix).items():
        yield QueueState(name, url, _problem(client, url))


def make_queues(client: "SQSClient", prefix: str) -> None:
    """Make the queues that are missing, and mend the times of those that are there."""
    wanted: Any = {
        "VisibilityTimeout": str(settings.VISIBILITY_SECONDS),
        "MessageRetentionPeriod": str(RETENTION_SECONDS),
    }
    for state in look_at_queues(client, prefix):
        if _hidden_for(client, state.url) is None:
            client.create_queue(QueueName=state.url.rsplit("/", 1)[1], Attributes=wanted)
        elif state.problem:
            client.set_queue_attributes(QueueUrl=state.url, Attributes=wanted)


def _problem(client: "SQSClient", url: str) -> str:
    hidden = _hidden_for(client, url)
    if hidden is None:
        return "does not exist"
    if hidden < settings.VISIBILITY_SECONDS:
        return f"hides a message for {hidden} s; long jobs would run twice"
    return ""


def _hidden_for(client: "SQSClient", url: str) -> int | None:
    try:
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            return None
        raise
    return int(found["Attributes"]["VisibilityTimeout"])
