"""What really lies in the broker."""

import base64
import json
import os
from typing import Any

import redis


def sent(queue: str) -> list[list[Any]]:
    """The arguments of the messages that wait for workers of ``queue``, newest first."""
    found: Any = redis.Redis.from_url(os.environ["BROKER_URL"]).lrange(queue, 0, -1)
    bodies = [base64.b64decode(json.loads(line)["body"]) for line in found]
    return [json.loads(body)[0] for body in bodies]
