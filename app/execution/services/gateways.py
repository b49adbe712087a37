"""Which gateway this process uses: decided by its settings, once."""

import os
from functools import lru_cache

from django.conf import settings

from app.execution.gateway import Gateway
from app.execution.gateway.http import HttpGateway


def configured_gateway() -> Gateway:
    """Return the API of the portal for a worker, the portal's own services in its processes."""
    if not settings.IS_WORKER:
        from app.execution.gateway.local import LocalGateway

        return LocalGateway()
    return _remote(settings.SITE_URL, settings.WORKER_TOKEN)


@lru_cache(maxsize=2)
def _remote(site_url: str, token: str) -> HttpGateway:
    patience = settings.LEASE_SECONDS * 2 / 3  # what it cannot tell in time is another worker's
    return HttpGateway(site_url, worker_token=token, patience=patience)


# A forked worker must not share its parent's open connections.
os.register_at_fork(after_in_child=_remote.cache_clear)
