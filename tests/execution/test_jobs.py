"""Claims, leases, losses and cancellation of jobs, without any container."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from app.core.errors import Conflict
from app.execution.models import ContainerImage, Job, Worker
from app.execution.selectors import queue_place, waiting_reason
from app.execution.services.jobs import (
    MAX_ATTEMPTS,
    MAX_CRASHES,
    cancel_job,
    claim_job,
    end_job,
    give_back,
    should_stop,
    submit_job,
    take_back,
)
from app.execution.services.reconciling import reconcile
from tests.factories.execution import KIND, job_kind, make_container_image, make_job

pytestmark = pytest.mark.django_db
State = Job.State
PAST = timedelta(seconds=-1)


def make_running(state: str = State.EXECUTING, **fields: Any) -> Job:
    values = {"lease_expires_at": timezone.now() + timedelta(seconds=60), "worker": "w"} | fields
    return make_job(state=state, **values)


def make_worker(*, has_engine: bool = True, age: timedelta = timedelta()) -> Worker:
    return Worker.objects.create(
        name=f"worker-{has_engine}",
        queues=["jobs-cpu"],
        has_engine=has_engine,
        engine="No container engine answers.",
        last_seen=timezone.now() - age,
    )


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Identifiers of the jobs that the reconciler sends to the broker."""
    messages: list[str] = []
    monkeypatch.setattr(
        "app.execution.services.scheduling.enqueue_on_commit",
        lambda task, pk, *, queue: messages.append(str(pk)),
    )
    return messages


class TestSubmitting:
    def test_a_job_of_a_checked_image_is_queued(self, finished: list[Any]) -> None:
        image = make_container_image()
        job = submit_job(actor=image.creator, kind=KIND, container_image=image, inputs=[])
        assert job.state == State.QUEUED
        assert finished == []

    @pytest.mark.parametrize("state", ["UPLOADED", "VALIDATING", "INVALID", "RETIRED"])
    def test_no_other_image_runs(self, finished: list[Any], state: str) -> None:
        image = make_container_image(state=state)
        with pytest.raises(Conflict):
            submit_job(actor=image.creator, kind=KIND, container_image=image, inputs=[])
        assert not Job.objects.exists()

    def test_a_kind_that_nobody_registered_is_a_mistake(self) -> None:
        image = make_container_image()
        with pytest.raises(KeyError):
            submit_job(actor=image.creator, kind="none", container_image=image, inputs=[])


class TestClaiming:
    def test_a_message_that_comes_twice_claims_once(self, finished: list[Any]) -> None:
        job = make_job()
        first = claim_job(job.pk, worker="a")
        assert first is not None
        assert (first.state, first.worker) == (State.PROVISIONING, "a")
        assert first.lease_expires_at is not None
        assert claim_job(job.pk, worker="b") is None

    @pytest.mark.parametrize("state", sorted(set(State.values) - {"QUEUED"}))
    def test_only_a_queued_job_is_claimed(self, finished: list[Any], state: str) -> None:
        assert claim_job(make_job(state=state).pk, worker="a") is None

    def test_a_job_that_does_not_exist_is_not_claimed(self) -> None:
        assert claim_job("00000000-0000-7000-8000-000000000000", worker="a") is None


class TestLosing:
    @pytest.mark.parametrize("state", Job.HELD)
    def test_a_lost_job_goes_back_to_the_queue(self, finished: list[Any], state: str) -> None:
        job = make_running(state, log="half")
        give_back(job, reason="The engine was lost.")
        row = Job.objects.get(pk=job.pk)
        assert (row.state, row.attempts, row.crashes) == (State.QUEUED, 1, 0)
        assert (row.worker, row.log, row.lease_expires_at) == ("", "", None)
        assert finished == []

    def test_our_own_faults_end_a_job_only_after_many(self, finished: list[Any]) -> None:
        job = make_running(attempts=MAX_ATTEMPTS - 1)
        give_back(job, reason="The engine was lost.")
        row = Job.objects.get(pk=job.pk)
        assert (row.state, row.reason_code) == (State.FAILED, "platform")
        assert "Platform fault" in row.reason
        assert finished == [(str(job.pk), State.FAILED)]

    def test_unforeseen_errors_end_a_job_soon(self, finished: list[Any]) -> None:
        for number in range(1, MAX_CRASHES):
            job = make_running(crashes=number - 1)
            give_back(job, reason="An unforeseen error.", crashed=True)
            assert Job.objects.get(pk=job.pk).crashes == number
        job = make_running(crashes=MAX_CRASHES - 1)
        give_back(job, reason="An unforeseen error.", crashed=True)
        assert Job.objects.get(pk=job.pk).state == State.FAILED

    def test_a_lost_job_that_was_cancelled_ends(self, finished: list[Any]) -> None:
        job = make_running(cancel_requested=True)
        give_back(job, reason="The worker was lost.")
        assert Job.objects.get(pk=job.pk).state == State.CANCELLED


class TestCancelling:
    @pytest.mark.parametrize("state", [State.VALIDATING_INPUTS, State.QUEUED])
    def test_a_waiting_job_ends_at_once(self, finished: list[Any], state: str) -> None:
        job = make_job(state=state)
        cancel_job(actor=job.creator, job=job)
        assert job.state == State.CANCELLED
        assert finished == [(str(job.pk), State.CANCELLED)]

    @pytest.mark.parametrize("state", Job.RUNNING)
    def test_a_running_job_is_asked_to_stop(self, finished: list[Any], state: str) -> None:
        job = make_running(state)
        cancel_job(actor=job.creator, job=job)
        assert (job.state, job.cancel_requested) == (state, True)
        assert should_stop(job) or state == State.PARSING
        assert finished == []

    @pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.CANCELLED])
    def test_an_ended_job_stays_as_it_is(self, finished: list[Any], state: str) -> None:
        job = make_job(state=state)
        cancel_job(actor=job.creator, job=job)
        assert (job.state, job.cancel_requested) == (state, False)


class TestReconciling:
    def test_expired_leases_go_back_and_held_ones_stay(self, finished: list[Any]) -> None:
        lost = make_running(lease_expires_at=timezone.now() + PAST)
        held = make_running()
        reconcile()
        assert Job.objects.get(pk=lost.pk).state == State.QUEUED
        assert Job.objects.get(pk=held.pk).state == State.EXECUTING

    def test_a_forgotten_job_is_sent_again(self, finished: list[Any], sent: list[str]) -> None:
        make_worker()
        fresh, forgotten = make_job(), make_job()
        _make_older(forgotten)
        reconcile()
        assert sent == [str(forgotten.pk)]
        assert str(fresh.pk) not in sent

    @pytest.mark.parametrize("age", [timedelta(), timedelta(minutes=5)])
    def test_nothing_is_sent_where_nothing_can_run(
        self, finished: list[Any], sent: list[str], age: timedelta
    ) -> None:
        make_worker(has_engine=bool(age), age=age)
        _make_older(make_job())
        reconcile()
        assert sent == []

    def test_one_message_is_enough_for_a_worker(self, finished: list[Any], sent: list[str]) -> None:
        make_worker()
        image = make_container_image()
        _make_older(*[make_job(container_image=image) for _ in range(25)])
        reconcile()
        assert len(sent) == 1

    def test_a_completion_handler_that_failed_is_called_again(self, db: None) -> None:
        failures = [RuntimeError("the challenge is locked")]

        def fail_once(job: Job) -> None:
            if failures:
                raise failures.pop()

        with job_kind(on_finished=fail_once) as finished:
            job = make_running(State.PARSING)
            end_job(job, State.SUCCEEDED)
            row = Job.objects.get(pk=job.pk)
            assert (row.state, row.handled) == (State.SUCCEEDED, False)
            Job.objects.update(finished_at=timezone.now() - timedelta(minutes=1))
            reconcile()
            assert Job.objects.get(pk=job.pk).handled
            reconcile()
            assert finished == [(str(job.pk), State.SUCCEEDED)] * 2

    def test_a_job_whose_inputs_never_came_ends(self, finished: list[Any]) -> None:
        job = make_job(state=State.VALIDATING_INPUTS)
        Job.objects.update(created=timezone.now() - timedelta(days=2))
        reconcile()
        assert Job.objects.get(pk=job.pk).state == State.FAILED

    def test_one_broken_job_does_not_keep_the_others_waiting(
        self, finished: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = make_running(lease_expires_at=timezone.now() + 2 * PAST)
        other = make_running(lease_expires_at=timezone.now() + PAST)

        def fail_for_one(job: Job) -> None:
            if job.pk == broken.pk:
                raise RuntimeError("broken row")
            take_back(job)

        monkeypatch.setattr("app.execution.services.reconciling.take_back", fail_for_one)
        reconcile()
        assert Job.objects.get(pk=other.pk).state == State.QUEUED

    def test_a_check_whose_worker_died_is_done_again(self, finished: list[Any]) -> None:
        image = make_container_image(
            state=ContainerImage.State.VALIDATING, lease_expires_at=timezone.now() + PAST
        )
        reconcile()
        assert ContainerImage.objects.get(pk=image.pk).state == ContainerImage.State.UPLOADED

    def test_workers_long_gone_are_forgotten(self, finished: list[Any]) -> None:
        make_worker(age=timedelta(days=2))
        reconcile()
        assert not Worker.objects.exists()


class TestWaiting:
    def test_places_count_from_the_front(self, finished: list[Any]) -> None:
        image = make_container_image()
        first, second = make_job(container_image=image), make_job(container_image=image)
        assert (queue_place(first), queue_place(second)) == (1, 2)
        assert queue_place(make_running()) is None

    def test_why_a_job_waits(self, finished: list[Any]) -> None:
        job = make_job()
        nobody = waiting_reason(job)
        assert nobody is not None
        assert nobody.title == "Waiting for a worker"
        make_worker(has_engine=False)
        engineless = waiting_reason(job)
        assert engineless is not None
        assert "container engine" in engineless.title
        assert "Docker" in engineless.advice
        make_worker(has_engine=True)
        assert waiting_reason(job) is None
        assert waiting_reason(make_running()) is None


def _make_older(*jobs: Job) -> None:
    """Make jobs look as if they had waited for a minute."""
    minute_ago = timezone.now() - timedelta(minutes=1)
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(modified=minute_ago)
