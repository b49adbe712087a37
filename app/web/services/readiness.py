"""What must be settled before the site counts as ready."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from app.accounts.models import User
from app.core.storage import get_store
from app.execution.selectors import engine_report, live_workers


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


def check_all() -> list[Check]:
    """Look at everything; a failing look is a failed check, never an exception."""
    return [
        _run("database", _migrated),
        _run("seed", _seeded),
        _run("storage", _storage),
        _run("worker", _worker),
        _run("engine", _engine),
    ]


def _run(name: str, look: Callable[[], tuple[bool, str]]) -> Check:
    try:
        ok, detail = look()
    except Exception as error:  # noqa: BLE001 -- any failure is the answer
        return Check(name, ok=False, detail=type(error).__name__)
    return Check(name, ok=ok, detail=detail)


def _migrated() -> tuple[bool, str]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return not missing, f"{len(missing)} migrations missing" if missing else "migrated"


def _seeded() -> tuple[bool, str]:
    if not settings.DEMO:
        return True, "not a demo"
    done = User.objects.filter(username__in=[p["username"] for p in settings.DEMO_PERSONAS])
    return done.count() == len(settings.DEMO_PERSONAS), "personas"


def _storage() -> tuple[bool, str]:
    get_store().exists("uploads/00000000-0000-0000-0000-000000000000")
    return True, settings.STORAGE_URL.split(":", 1)[0]


def _worker() -> tuple[bool, str]:
    queues = sorted({queue for worker in live_workers() for queue in worker.queues})
    needed = {"audit", "short", "imports", "slices", "jobs-cpu", "evaluations"}
    return needed <= set(queues), ", ".join(queues) or "no worker has reported"


def _engine() -> tuple[bool, str]:
    report = engine_report()
    return report.settled, report.detail
