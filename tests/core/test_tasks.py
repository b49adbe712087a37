"""Tasks are sent after the commit, by identifier, and a broker that is away breaks nothing."""

from collections.abc import Iterator

import pytest
from celery import current_app
from django.db import transaction
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.core.ids import new_id
from app.core.tasks import QUEUES, enqueue_on_commit, task
from app.images.models import Import
from tests.factories.archives import make_archive
from tests.factories.broker import sent
from tests.factories.images import make_upload

TASK = "app.images.tasks.run_import"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker_down() -> Iterator[None]:
    """Celery looks for its broker where nobody listens."""
    before = current_app.conf.broker_url
    options = current_app.conf.broker_transport_options
    current_app.conf.broker_url = "redis://127.0.0.1:1/0"
    current_app.conf.broker_transport_options = {**options, "socket_connect_timeout": 1}
    current_app.conf.task_publish_retry = False
    _forget_connections()
    yield
    current_app.conf.broker_url = before
    current_app.conf.broker_transport_options = options
    current_app.conf.task_publish_retry = True
    _forget_connections()


def _forget_connections() -> None:
    current_app._pool = None
    current_app.amqp._producer_pool = None


def test_sent_after_the_commit_only() -> None:
    pk = new_id()
    with transaction.atomic():
        enqueue_on_commit(TASK, pk)
        assert [str(pk)] not in sent("imports")
    assert sent("imports").count([str(pk)]) == 1


def test_a_rolled_back_transaction_sends_nothing() -> None:
    pk = new_id()
    with transaction.atomic():
        enqueue_on_commit(TASK, pk)
        transaction.set_rollback(True)
    assert [str(pk)] not in sent("imports")


def test_a_savepoint_that_is_rolled_back_sends_nothing() -> None:
    kept, lost = new_id(), new_id()
    with transaction.atomic():
        enqueue_on_commit(TASK, kept)
        with transaction.atomic():
            enqueue_on_commit(TASK, lost)
            transaction.set_rollback(True)
    assert [str(kept)] in sent("imports")
    assert [str(lost)] not in sent("imports")


def test_a_broker_that_is_away_breaks_no_request(
    broker_down: None, client: Client, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    archive = make_archive(editor=user)
    upload = make_upload(owner=user)
    client.force_login(user)
    response = client.post(
        reverse("archives:import", args=[archive.pk]), {"uploads": str(upload.pk)}
    )
    source = Import.objects.get(owner=user)
    assert response.status_code == 302
    assert response["Location"] == reverse("images:import", args=[source.pk])
    assert source.state == Import.State.QUEUED
    assert any("Could not enqueue app.images" in line for line in caplog.messages)


def test_unknown_queues_are_refused() -> None:
    with pytest.raises(ValueError, match="Unknown queue"):
        task(queue="fast")


def test_every_task_has_a_known_queue_and_acknowledges_late() -> None:
    current_app.loader.import_default_modules()
    own = {
        name: found
        for name, found in current_app.tasks.items()
        if name.startswith(("app.", "viewer.", "archives.", "algorithms.", "reader_studies."))
    }
    assert TASK in own
    for name, found in own.items():
        assert found.queue in QUEUES, name
        assert found.acks_late, name
        assert found.reject_on_worker_lost, name
        assert found.ignore_result, name
        assert found.soft_time_limit < found.time_limit, name


def test_the_schedule_names_tasks_that_exist() -> None:
    current_app.loader.import_default_modules()
    names = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    assert names
    assert names <= set(current_app.tasks)


def test_identifiers_travel_as_text() -> None:
    pk = new_id()
    enqueue_on_commit(TASK, pk)
    assert [str(pk)] in sent("imports")
