"""What every benchmark needs: private servers, a migrated portal, and a record of the figures."""

import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from config.local.servers import private_postgres, private_valkey
from config.local.slots import free_home

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "benchmarks"


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


def write(name: str, results: dict[str, Any]) -> None:
    """Write the figures to ``docs/benchmarks/<name>.json`` and show them."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    record = {
        "name": name,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load": [round(value, 1) for value in os.getloadavg()],
        },
        "results": results,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=2) + "\n"
    (RESULTS / f"{name}.json").write_text(text)
    print(text)
