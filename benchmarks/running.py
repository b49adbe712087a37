"""What benchmarks of the portal need: private servers and a migrated portal."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from config.local.servers import private_postgres, private_valkey
from config.local.slots import free_home


@contextmanager
def portal() -> Iterator[None]:
    """Run PostgreSQL and Valkey, set Django up on an empty migrated database, and drop it again."""
    with ExitStack() as stack:
        home = stack.enter_context(free_home())
        os.environ["DATABASE_URL"] = stack.enter_context(private_postgres(home))
        os.environ["BROKER_URL"] = stack.enter_context(private_valkey(home))
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
        import django

        django.setup()
        from django.test.runner import DiscoverRunner

        runner = DiscoverRunner(verbosity=0, interactive=False)
        databases = runner.setup_databases()
        try:
            yield
        finally:
            runner.teardown_databases(databases)


def median_ms(call: Callable[[], Any], *, times: int = 15) -> float:
    """Return the median time of ``call`` in milliseconds, after one call that does not count."""
    call()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(taken), 2)
