"""Endpoints and pools, from the portal's side: what a warm container is told, and what ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from queue import Queue
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from app.core.asgi import get_application
from app.core.errors import Conflict
from app.core.leases import LeaseLost
from app.execution import registry
from app.execution.api.waiting import CaseWaiter
from app.execution.contract import RunSpec
from app.execution.gateway import Assignment, Enclosed, Ending, Gateway, Report
from app.execution.gateway.http import HttpGateway
from app.execution.gateway.local import LocalGateway
from app.execution.models import Endpoint, Job, Worker
from app.execution.registry import JobKind
from app.execution.services import cancel_job, submit_job
from app.execution.services.endpoints import (
    endpoint_finished,
    keep_alive,
    start_endpoint,
    stop_endpoint,
)
from app.execution.services.jobs import prepare_job, queue_job, take_back
from app.execution.services.reconciling import reconcile
from app.execution.services.scheduling import drain_worker
from app.sockets.services import ensure_socket
from app.uploads.asgi import PartReceiver
from tests.execution.worker_side import SUCCEEDED, build_spec, claimed, reloaded
from tests.factories.accounts import UserFactory
from tests.factories.execution import KIND, job_kind, make_container_image, make_job
from tests.servers import asgi_server

pytestmark = pytest.mark.django_db(transaction=True)
State, JobState = Endpoint.State, Job.State
TOKEN = "what-workers-and-portal-share"
STOPPED = {"reason": {"code": "cancelled", "message": "Closed."}}
RESULT = Enclosed(slug="result", filename="result.json", content=b'{"score": 1}')


def described(job: Job) -> RunSpec:
    return replace(
        build_spec(job), outputs=() if job.kind == Endpoint.KIND else build_spec(job).outputs
    )


@pytest.fixture(autouse=True)
def kinds(db: None) -> Iterator[list[tuple[str, str]]]:
    """Jobs of the tests, and endpoints whose containers need not exist."""
    ensure_socket(slug="result", title="Result", kind="JSON", relative_path="result.json")
    with job_kind(build_spec=build_spec) as completions:
        registry._kinds[Endpoint.KIND] = JobKind(described, endpoint_finished)
        yield completions


@pytest.fixture(params=["local", "http"])
def gateway(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Gateway]:
    settings.WORKER_TOKEN = TOKEN
    if request.param == "local":
        yield LocalGateway()
        return
    application = CaseWaiter(PartReceiver(get_application()))  # type: ignore[arg-type]
    with asgi_server(application) as address:  # type: ignore[arg-type]
        yield HttpGateway(address, worker_token=TOKEN, patience=0)


def started(**fields: Any) -> Endpoint:
    image = make_container_image(serves=True)
    return start_endpoint(actor=image.creator, container_image=image, **fields)


def running(gateway: Gateway) -> tuple[Endpoint, str]:
    """An endpoint whose container is up, and its token."""
    endpoint = started()
    token = claimed(gateway, endpoint.job)
    gateway.report(token, Report(executing=True))
    endpoint.refresh_from_db()
    assert endpoint.state == State.RUNNING
    return endpoint, token


def called(endpoint: Endpoint) -> Job:
    job = prepare_job(
        actor=endpoint.job.creator,
        kind=KIND,
        container_image=endpoint.job.container_image,
        endpoint=endpoint,
    )
    queue_job(job)
    return job


def case_of(gateway: Gateway, token: str, *, wait_seconds: float = 0) -> Assignment:
    found = gateway.next_case(token, wait_seconds=wait_seconds)
    assert found.assignment is not None, found
    return found.assignment


def answer(gateway: Gateway, case: Assignment) -> None:
    ending = Ending(record=SUCCEEDED, enclosed=[RESULT], last=Report(executing=True))
    gateway.finish(case.token, ending)


def of(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.select_related("job").get(pk=endpoint.pk)


class TestItsJob:
    def test_it_follows_its_job(self, gateway: Gateway) -> None:
        endpoint = started()
        assert endpoint.state == State.QUEUED
        assignment = gateway.claim(str(endpoint.job_id), worker="w")
        assert assignment is not None
        assert assignment.warmth is not None
        assert assignment.warmth.is_endpoint
        assert of(endpoint).state == State.STARTING
        gateway.report(assignment.token, Report(executing=True))
        row = of(endpoint)
        assert row.state == State.RUNNING
        assert timedelta(seconds=590) < row.remaining <= timedelta(seconds=600)

    def test_a_container_that_fails_to_start_fails_it_with_its_reason(
        self, gateway: Gateway
    ) -> None:
        endpoint = started()
        call = called(endpoint)
        token = claimed(gateway, endpoint.job)
        reason = {"reason": {"code": "not_ready", "message": "It was not ready after 5 min."}}
        gateway.finish(token, Ending(record=reason))
        row = of(endpoint)
        assert (row.state, row.reason) == (State.FAILED, "It was not ready after 5 min.")
        assert reloaded(call).state == JobState.CANCELLED
        assert "Start the endpoint again" in reloaded(call).advice

    def test_a_lost_worker_costs_a_new_start_and_no_call(self, gateway: Gateway) -> None:
        endpoint, token = running(gateway)
        call = called(endpoint)
        case_of(gateway, token)
        Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        take_back(endpoint.job)
        take_back(call)
        assert of(endpoint).state == State.QUEUED
        assert reloaded(call).state == JobState.QUEUED
        with pytest.raises(LeaseLost):
            gateway.next_case(token, wait_seconds=0)
        again = claimed(gateway, of(endpoint).job)
        gateway.report(again, Report(executing=True))
        answer(gateway, case_of(gateway, again))
        assert reloaded(call).state == JobState.SUCCEEDED

    def test_only_a_container_that_stays_up_is_kept(self) -> None:
        image = make_container_image()
        with pytest.raises(Conflict, match="ends after each case"):
            start_endpoint(actor=image.creator, container_image=image)


class TestCalls:
    def test_a_call_is_answered_by_its_container_alone(
        self, gateway: Gateway, kinds: list[Any]
    ) -> None:
        endpoint, token = running(gateway)
        call = called(endpoint)
        assert gateway.claim(str(call.pk), worker="other") is None
        case = case_of(gateway, token)
        row = reloaded(call)
        assert (row.state, row.worker) == (JobState.PROVISIONING, "w")
        assert row.is_warm
        assert row.record["warm"] is True
        answer(gateway, case)
        row = reloaded(call)
        assert row.state == JobState.SUCCEEDED, row.reason  # read at once: it is a little JSON
        assert [value.value for value in row.outputs.all()] == [{"score": 1}]
        assert kinds == [(str(call.pk), JobState.SUCCEEDED)]
        assert of(endpoint).cases == 1

    def test_an_answer_that_got_lost_is_given_again(self, gateway: Gateway) -> None:
        endpoint, token = running(gateway)
        called(endpoint), called(endpoint)
        first, again = case_of(gateway, token), case_of(gateway, token)
        assert first.spec.run_id == again.spec.run_id
        answer(gateway, again)
        assert case_of(gateway, token).spec.run_id != first.spec.run_id

    def test_who_waits_hears_of_a_call_at_once(self, gateway: Gateway) -> None:
        """A container asks on while calls come one by one, each when the one before is done."""
        endpoint, token = running(gateway)
        answered: Queue[str] = Queue()

        def serve() -> None:
            try:
                for _ in range(4):
                    case = case_of(gateway, token, wait_seconds=20)
                    answer(gateway, case)
                    answered.put(case.spec.run_id)
            finally:
                connections.close_all()

        thread = threading.Thread(target=serve)
        thread.start()
        took = []
        for _ in range(4):
            asked, call = time.monotonic(), called(endpoint)
            assert answered.get(timeout=30) == call.run_id
            took.append(time.monotonic() - asked)
        thread.join(timeout=30)
        assert min(took[1:]) < 3, took  # a hint that is lost costs five seconds

    def test_a_cancelled_call_ends_and_the_container_stays(self, gateway: Gateway) -> None:
        endpoint, token = running(gateway)
        call = called(endpoint)
        case = case_of(gateway, token)
        cancel_job(actor=call.creator, job=call)
        assert gateway.report(case.token, Report()) is True
        gateway.finish(case.token, Ending(record=STOPPED))
        assert reloaded(call).state == JobState.CANCELLED
        assert of(endpoint).state == State.RUNNING


class TestItsEnd:
    def test_stopped_by_its_owner(self, gateway: Gateway) -> None:
        endpoint, token = running(gateway)
        under_way, waiting = called(endpoint), called(endpoint)
        case = case_of(gateway, token)
        stop_endpoint(actor=endpoint.job.creator, endpoint=endpoint)
        assert endpoint.state == State.STOPPING
        assert reloaded(waiting).state == JobState.CANCELLED
        assert gateway.report(case.token, Report()) is True
        gateway.finish(case.token, Ending(record=STOPPED))
        assert reloaded(under_way).state == JobState.CANCELLED
        assert gateway.next_case(token, wait_seconds=0).close
        gateway.finish(token, Ending(record=STOPPED))
        assert of(endpoint).state == State.STOPPED
        with pytest.raises(Conflict, match="ended"):
            keep_alive(actor=endpoint.job.creator, endpoint=endpoint)

    def test_stopped_before_it_started(self) -> None:
        endpoint = started()
        stop_endpoint(actor=endpoint.job.creator, endpoint=endpoint)
        assert endpoint.state == State.STOPPED
        assert reloaded(endpoint.job).state == JobState.CANCELLED

    def test_nobody_calls_it(self, gateway: Gateway) -> None:
        endpoint, token = running(gateway)
        keep_alive(actor=endpoint.job.creator, endpoint=endpoint)
        assert not gateway.next_case(token, wait_seconds=0).close
        Endpoint.objects.update(keep_alive_until=timezone.now() - timedelta(seconds=1))
        assert gateway.next_case(token, wait_seconds=0).close
        row = of(endpoint)
        assert (row.state, row.reason) == (State.STOPPING, "Nobody called it for 10 min.")

    def test_a_worker_that_is_drained_gives_it_to_another(self, gateway: Gateway) -> None:
        endpoint, token = running(gateway)
        worker = Worker.objects.create(name="w", queues=["jobs-cpu"], last_seen=timezone.now())
        drain_worker(actor=None, worker=worker)
        assert gateway.next_case(token, wait_seconds=0).close
        assert of(endpoint).state == State.QUEUED
        assert reloaded(endpoint.job).attempts == 0

    def test_it_gives_way_when_nobody_called_for_a_while(self, gateway: Gateway) -> None:
        endpoint, token = running(gateway)
        make_job()
        Job.objects.filter(state=JobState.QUEUED).update(
            modified=timezone.now() - timedelta(minutes=1)
        )
        assert not gateway.next_case(token, wait_seconds=0).close
        Endpoint.objects.update(modified=timezone.now() - timedelta(minutes=5))
        assert gateway.next_case(token, wait_seconds=0).close
        assert "Other runs waited" in of(endpoint).reason

    def test_one_whose_container_never_asks_is_stopped(self, gateway: Gateway) -> None:
        endpoint, _ = running(gateway)
        Endpoint.objects.update(keep_alive_until=timezone.now() - timedelta(minutes=5))
        reconcile()
        assert of(endpoint).state == State.STOPPING
        Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        reconcile()
        assert of(endpoint).state == State.STOPPED

    def test_one_that_no_worker_takes_ends(self) -> None:
        endpoint = started()
        Endpoint.objects.update(modified=timezone.now() - timedelta(hours=2))
        reconcile()
        row = of(endpoint)
        assert (row.state, row.reason) == (State.STOPPED, "No worker became free for it.")


class TestPools:
    def submitted(self, image: Any, *, scope: str, number: int = 1) -> list[Job]:
        return [
            submit_job(
                actor=image.creator, kind=KIND, container_image=image, inputs=[], scope=scope
            )
            for _ in range(number)
        ]

    def test_cases_of_one_owner_share_a_container(self, gateway: Gateway) -> None:
        image = make_container_image(serves=True, digest="sha256:1")
        first, second = self.submitted(image, scope="person 1", number=2)
        [other] = self.submitted(image, scope="person 2")
        assert first.pool == second.pool != other.pool
        opened = gateway.claim(str(first.pk), worker="w")
        assert opened is not None
        assert opened.warmth is not None
        gateway.report(opened.token, Report(executing=True))
        with pytest.raises(LeaseLost):
            gateway.next_case(opened.token, wait_seconds=0)  # one after the other
        answer(gateway, opened)
        case = case_of(gateway, opened.token)
        assert not reloaded(first).is_warm
        assert reloaded(second).is_warm
        assert case.spec.run_id == second.run_id
        answer(gateway, case)
        found = gateway.next_case(case.token, wait_seconds=0)
        assert found.assignment is None  # never the other owner's
        assert reloaded(other).state == JobState.QUEUED

    def test_it_gives_way_to_others(self, gateway: Gateway) -> None:
        image = make_container_image(serves=True, digest="sha256:1")
        first, second = self.submitted(image, scope="person 1", number=2)
        other = make_job()
        opened = gateway.claim(str(first.pk), worker="w")
        assert opened is not None
        gateway.report(opened.token, Report(executing=True))
        answer(gateway, opened)
        Job.objects.filter(pk=other.pk).update(modified=timezone.now() - timedelta(minutes=1))
        case = case_of(gateway, opened.token)  # its turn is not over
        answer(gateway, case)
        assert gateway.next_case(case.token, wait_seconds=0).close  # idle beside work
        assert reloaded(second).state == JobState.SUCCEEDED
        self.submitted(image, scope="person 1")
        Job.objects.filter(pk=first.pk).update(started_at=timezone.now() - timedelta(minutes=1))
        assert gateway.next_case(case.token, wait_seconds=0).close  # its turn is over

    def test_a_container_that_ends_belongs_to_no_pool(self, gateway: Gateway) -> None:
        image = make_container_image(digest="sha256:1")
        [job] = self.submitted(image, scope="person 1")
        assert job.pool == ""
        assignment = gateway.claim(str(job.pk), worker="w")
        assert assignment is not None
        assert assignment.warmth is None
        gateway.report(assignment.token, Report(executing=True))
        answer(gateway, assignment)
        with pytest.raises(LeaseLost):
            gateway.next_case(assignment.token, wait_seconds=0)

    def test_other_limits_are_another_pool(self) -> None:
        image = make_container_image(serves=True, digest="sha256:1")
        limits = replace(build_spec(make_job()).limits, memory=2**30)
        jobs = [
            submit_job(
                actor=UserFactory(),
                kind=KIND,
                container_image=image,
                inputs=[],
                scope="phase 1",
                limits=bounds,
            )
            for bounds in (None, limits)
        ]
        assert len({job.pool for job in jobs}) == 2


def test_strangers_are_told_nothing(gateway: Gateway) -> None:
    if isinstance(gateway, LocalGateway):
        with pytest.raises(LeaseLost):
            gateway.next_case("forged", wait_seconds=0)
        return
    from app.execution.executors import PlatformFault

    with pytest.raises(PlatformFault, match="does not know this worker"):
        gateway.next_case("forged", wait_seconds=0)
