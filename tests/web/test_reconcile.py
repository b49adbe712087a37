"""`manage.py reconcile` does everything that the clock does, says what came of it, and can fail."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from app.core.tasks import periodic_tasks
from app.execution import tasks
from app.execution.models import Job
from app.execution.services import reconciling
from tests.factories.execution import job_kind, make_job, make_worker

pytestmark = pytest.mark.django_db(transaction=True)
State = Job.State


def report(*arguments: str) -> list[dict[str, Any]]:
    said = StringIO()
    call_command("reconcile", "--json", *arguments, stdout=said)
    found: list[dict[str, Any]] = json.loads(said.getvalue())
    return found


def test_everything_that_the_clock_sends_is_done() -> None:
    names = [one["name"] for one in report()]
    assert names == [*(task.name for task in periodic_tasks()), "scratch"]
    assert tasks.reconcile.name in names
    assert not [one for one in report() if one["problem"]]


def test_what_it_did_is_told() -> None:
    make_worker()
    past = timezone.now() - timedelta(minutes=5)
    lost = make_job(state=State.EXECUTING, worker="jobs@gone", lease_expires_at=past)
    waits = make_job()
    Job.objects.filter(pk=waits.pk).update(modified=past)
    with job_kind():
        (one,) = report("--only", "execution.tasks.reconcile")
    assert Job.objects.get(pk=lost.pk).state == State.QUEUED
    assert one["events"] == {"execution.job.state_changed": 1}
    assert set(one["sent"]) == {tasks.run_job.name}
    assert one["purpose"] == "Send what is due; take back what was lost."


def test_it_tells_people_too() -> None:
    said = StringIO()
    call_command("reconcile", "--only", "sweep_uploads", stdout=said)
    assert said.getvalue().startswith("✓ app.uploads.tasks.sweep_uploads (")
    assert "nothing to do" in said.getvalue()


def test_one_that_fails_is_named_and_keeps_none_from_its_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks() -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr(reconciling, "send_due_container_images", breaks)
    said = StringIO()
    with pytest.raises(CommandError, match=r"1 of \d+ failed: app\.execution\.tasks\.reconcile"):
        call_command("reconcile", stdout=said)
    assert "✗ app.execution.tasks.reconcile" in said.getvalue()
    assert "RuntimeError: no disk" in said.getvalue()
    assert "✓ app.audit.tasks.thin_heads" in said.getvalue()


def test_a_name_that_nothing_has_is_a_mistake() -> None:
    with pytest.raises(CommandError, match="No reconciler"):
        call_command("reconcile", "--only", "nonsense")
