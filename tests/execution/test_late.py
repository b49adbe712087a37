"""Two processes at the same job: whoever comes late changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from app.execution.contract import RunSpec
from app.execution.gateway import Report
from app.execution.gateway.local import LocalGateway
from app.execution.models import Job
from app.execution.services.jobs import end_job, take_back
from app.execution.services.reconciling import reconcile
from tests.execution.worker_side import build_spec, claimed, reloaded
from tests.factories.execution import job_kind, make_job

pytestmark = pytest.mark.django_db(transaction=True)
State = Job.State
PAST = timedelta(minutes=-5)


@contextmanager
def beside(act: Callable[[], Any]) -> Iterator[threading.Thread]:
    """Do something in another thread, with a database connection of its own."""

    def work() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_two_reconcilers_tell_of_an_end_once() -> None:
    failures = [RuntimeError("the challenge is locked")]
    called, leave = threading.Event(), threading.Event()

    def slowly(job: Job) -> None:
        if failures:
            raise failures.pop()
        called.set()
        leave.wait(timeout=20)

    with job_kind(on_finished=slowly) as told:
        job = make_job(state=State.PARSING)
        end_job(job, State.SUCCEEDED)
        assert not reloaded(job).handled
        Job.objects.update(finished_at=timezone.now() + PAST)
        del told[:]
        with beside(reconcile):
            assert called.wait(timeout=20)
            with beside(reconcile) as second:
                second.join(timeout=1)
                leave.set()
        assert reloaded(job).handled
        assert len(told) == 1


def test_a_description_that_came_too_late_is_not_written_down() -> None:
    """The web server slept while it described a run; the job is another worker's by now."""

    def slowly(job: Job) -> RunSpec:
        if reloaded(job).attempts == 0:
            Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() + PAST)
            take_back(job)
            Job.objects.filter(pk=job.pk).update(
                state=State.SUCCEEDED, record={"outputs": {"result": {}}}
            )
        return build_spec(job)

    with job_kind(build_spec=slowly):
        job = make_job()
        assert LocalGateway().claim(str(job.pk), worker="asleep") is None
        assert reloaded(job).record == {"outputs": {"result": {}}}


def test_a_claim_speaks_for_the_run_that_it_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking at a job and taking it, it was another worker's and came back."""
    from app.execution.services import scheduling

    with job_kind(build_spec=build_spec):
        job = make_job()
        move = scheduling.move_locked

        def lose_it() -> None:
            Job.objects.filter(pk=job.pk, state=State.QUEUED).update(attempts=1)
            connections.close_all()

        other = threading.Thread(target=lose_it)

        def lose_it_first(found: Job, to: str, **changes: Any) -> Job:
            other.start()
            other.join(timeout=1)
            return move(found, to, **changes)

        monkeypatch.setattr(scheduling, "move_locked", lose_it_first)
        gateway = LocalGateway()
        token = claimed(gateway, job)
        monkeypatch.setattr(scheduling, "move_locked", move)
        other.join()
        assert gateway.report(token, Report()) is False
