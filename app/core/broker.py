"""What the broker says of itself: whether it answers, and how many messages wait in it.

Messages are nudges, so these numbers tell how busy the portal's own work is, not who waits for
what; jobs are counted in the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import redis
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.cache import cache
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.core.sqs import make_client, queue_urls
from app.core.tasks import QUEUES

_PATIENCE = 2.0  # seconds
_KEPT = 5  # seconds; a page that many look at asks once
_KEY = "core.broker-state"


@dataclass(frozen=True)
class BrokerState:
    """``problem`` is empty when it answers; ``waiting`` counts messages by queue."""

    name: str
    problem: str = ""
    waiting: Mapping[str, int] = field(default_factory=dict)


def broker_state() -> BrokerState:
    """Ask the broker, at most every few seconds; never raises."""
    found: BrokerState | None = cache.get(_KEY)
    if found is None:
        found = look_at_broker(settings.ENV.broker_url, settings.ENV.sqs_queues_url)
        cache.set(_KEY, found, _KEPT)
    return found


def look_at_broker(url: str, prefix: str = "") -> BrokerState:
    """Ask the broker at ``url``; a failure is the answer."""
    name = "SQS" if url.startswith("sqs") else "Redis"
    try:
        waiting = _sqs(url, prefix) if name == "SQS" else _redis(url)
    except (redis.RedisError, BotoCoreError, ClientError, OSError, ValueError) as error:
        place = urlsplit(prefix if name == "SQS" else url).hostname or "nowhere"
        return BrokerState(name, problem=f"{place} does not answer ({type(error).__name__}).")
    return BrokerState(name, waiting=waiting)


def _redis(url: str) -> dict[str, int]:
    client = redis.Redis.from_url(
        url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, retry=Retry(NoBackoff(), 0)
    )
    with client, client.pipeline(transaction=False) as lines:
        for queue in QUEUES:
            lines.llen(queue)
        return dict(zip(QUEUES, map(int, lines.execute()), strict=True))


def _sqs(url: str, prefix: str) -> dict[str, int]:
    client = make_client(url, prefix)
    waiting = {}
    for queue, address in queue_urls(prefix).items():
        found = client.get_queue_attributes(
            QueueUrl=address, AttributeNames=["ApproximateNumberOfMessages"]
        )
        waiting[queue] = int(found["Attributes"]["ApproximateNumberOfMessages"])
    return waiting
