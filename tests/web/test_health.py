"""Is the site up, and is everything behind it ready; each check for itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.core.tasks import QUEUES
from app.execution.models import Worker
from app.web.demo import seed_people

pytestmark = pytest.mark.django_db


def checks(client: Client) -> dict[str, bool]:
    response = client.get("/readyz")
    answer = response.json()
    found = {name: check["ok"] for name, check in answer["checks"].items()}
    assert answer["ready"] is all(found.values())
    assert response.status_code == (200 if answer["ready"] else 503)
    return found


def report(name: str = "worker@here", **fields: Any) -> Worker:
    values = {
        "queues": list(QUEUES),
        "has_engine": True,
        "engine": "Docker 20",
        "last_seen": timezone.now(),
    }
    worker, _ = Worker.objects.update_or_create(name=name, defaults=values | fields)
    return worker


@pytest.fixture
def ready() -> None:
    """Everything that the site waits for."""
    seed_people()
    report()


def test_up_without_anything(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"] or "no-cache" in response["Cache-Control"]


def test_up_asks_no_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        client.get("/healthz")


@pytest.mark.usefixtures("ready")
class TestReady:
    def test_all(self, client: Client) -> None:
        assert set(checks(client).values()) == {True}

    def test_a_persona_is_missing(self, client: Client) -> None:
        User.objects.filter(username="author").delete()
        assert [name for name, ok in checks(client).items() if not ok] == ["seed"]

    def test_personas_are_for_demos(self, client: Client, settings: LazySettings) -> None:
        settings.DEMO = False
        User.objects.all().delete()
        assert checks(client)["seed"]

    def test_a_migration_is_missing(self, client: Client) -> None:
        applied = MigrationRecorder(connection).migration_qs
        applied.filter(app="notifications").delete()
        assert [name for name, ok in checks(client).items() if not ok] == ["database"]

    def test_the_storage_is_away(self, client: Client, settings: LazySettings) -> None:
        settings.STORAGE_URL = "s3://AKIA:secret@127.0.0.1:1/bucket?region=us-east-1&scheme=http"
        failed = [name for name, ok in checks(client).items() if not ok]
        assert failed == ["storage"]
        assert b"secret" not in client.get("/readyz").content

    def test_no_worker(self, client: Client) -> None:
        Worker.objects.all().delete()
        assert [n for n, ok in checks(client).items() if not ok] == ["worker", "engine"]

    def test_a_worker_that_fell_silent(self, client: Client) -> None:
        report(last_seen=timezone.now() - timedelta(minutes=2))
        assert not checks(client)["worker"]

    @pytest.mark.parametrize("queue", ["audit", "short", "imports", "slices", "evaluations"])
    def test_a_queue_that_nobody_serves(self, client: Client, queue: str) -> None:
        report(queues=[name for name in QUEUES if name != queue])
        assert [n for n, ok in checks(client).items() if not ok] == ["worker"]

    def test_several_workers_share_the_queues(self, client: Client) -> None:
        report("a", queues=["short", "imports"])
        report("b", queues=[name for name in QUEUES if name not in {"short", "imports"}])
        Worker.objects.filter(name="worker@here").delete()
        assert set(checks(client).values()) == {True}

    def test_a_declared_absence_of_an_engine_is_ready(self, client: Client) -> None:
        report(has_engine=False, engine="Docker is not installed.")
        assert set(checks(client).values()) == {True}
        assert b"not installed" in client.get("/readyz").content
