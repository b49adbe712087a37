"""Who listens to a group, asked from the thread at hand.

Most hints are heard by nobody, and to push one costs a way to the event loop, several to Redis
and back again; to ask for all of them at once costs one (`python -m benchmarks.hints`).
"""

from collections.abc import Sequence
from functools import cache

import redis
from channels.layers import get_channel_layer
from channels_redis.core import RedisChannelLayer


def heard(groups: Sequence[str]) -> set[str]:
    """Return those groups that may have a listener; all of them where that is not known.

    Raises ``redis.RedisError`` where Redis cannot be reached.
    """
    layer = get_channel_layer()
    if not isinstance(layer, RedisChannelLayer) or len(layer.hosts) != 1:
        return set(groups)
    pipe = _client(str(layer.hosts[0]["address"])).pipeline(transaction=False)
    for group in groups:
        pipe.exists(layer._group_key(group))
    return {group for group, known in zip(groups, pipe.execute(), strict=True) if known}


@cache
def _client(address: str) -> redis.Redis:
    return redis.Redis.from_url(address, socket_timeout=2.0, socket_connect_timeout=2.0)
