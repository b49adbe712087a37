"""The database in Django's terms."""

from typing import Any

import dj_database_url

WAIT_SECONDS = 10.0


def database(url: str, *, pool: int) -> dict[str, Any]:
    """Return the settings of the database at ``url``.

    With a ``pool`` a process keeps up to so many connections open, and a request that finds them
    all taken waits for one: PostgreSQL never sees more than that from one process.
    """
    found: dict[str, Any] = {
        **dj_database_url.parse(url or "postgresql:///hounsfield"),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
    if pool:
        kept = {"min_size": 1, "max_size": pool, "timeout": WAIT_SECONDS}
        found["OPTIONS"] = {**found.get("OPTIONS", {}), "pool": kept}
    return found
