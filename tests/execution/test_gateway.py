"""What a worker may tell the portal, by its API and by the services behind that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from app.audit.models import Event
from app.core.asgi import get_application
from app.core.errors import Conflict
from app.core.leases import LeaseLost
from app.core.storage import get_store
from app.execution.contract import Capacity
from app.execution.contract.limits import GIB
from app.execution.executors import PlatformFault
from app.execution.gateway import ENCLOSED_BYTES, Enclosed, Ending, Gateway, Report
from app.execution.gateway.http import HttpGateway
from app.execution.gateway.local import LocalGateway
from app.execution.logs import HEAD, TAIL
from app.execution.models import IncomingOutput, Job, Worker
from app.execution.selectors import job_log
from app.execution.services import cancel_job, concluding
from app.execution.services.incoming import discard_unclaimed
from app.execution.services.jobs import take_back
from app.execution.services.parsing import parse_outputs
from app.sockets.services import ensure_socket
from app.uploads.asgi import PartReceiver
from tests.execution.worker_side import SUCCEEDED, build_spec, claimed, output, reloaded, send
from tests.factories.execution import job_kind, make_job
from tests.servers import asgi_server

pytestmark = pytest.mark.django_db(transaction=True)
State = Job.State
TOKEN = "what-workers-and-portal-share"
STATEMENTS = (9, 13)
"""Of a claim and of an end: commits and savepoints count, describing a run does not."""


@pytest.fixture(autouse=True)
def finished(db: None) -> Iterator[list[tuple[str, str]]]:
    ensure_socket(slug="result", title="Result", kind="JSON", relative_path="result.json")
    with job_kind(build_spec=build_spec) as completions:
        yield completions


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    settings.WORKER_TOKEN = TOKEN
    application = PartReceiver(get_application())  # type: ignore[arg-type]
    with asgi_server(application) as address:
        settings.SITE_URL = address
        yield address


@pytest.fixture(params=["local", "http"])
def gateway(request: pytest.FixtureRequest, site: str) -> Gateway:
    if request.param == "local":
        return LocalGateway()
    return HttpGateway(site, worker_token=TOKEN, patience=0)


def _break_the_transaction(outputs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


class TestClaims:
    def test_a_claim_says_all_that_a_worker_needs(self, gateway: Gateway) -> None:
        job = make_job()
        assignment = gateway.claim(str(job.pk), worker="w")
        assert assignment is not None
        assert assignment.spec.run_id == job.run_id
        assert assignment.spec.image.manifest.user.uid == 1
        assert assignment.spec.env == {"SEED": "7"}
        row = reloaded(job)
        assert (row.state, row.worker) == (State.PROVISIONING, "w")
        assert gateway.claim(str(job.pk), worker="other") is None

    def test_a_job_that_cannot_be_described_is_no_workers(self, gateway: Gateway) -> None:
        job = make_job()
        with job_kind():
            assert gateway.claim(str(job.pk), worker="w") is None
        row = reloaded(job)
        assert (row.state, row.crashes) == (State.QUEUED, 1)

    def test_a_sign_of_life_tells_what_must_stay(self, gateway: Gateway) -> None:
        job, gone = make_job(state=State.EXECUTING), make_job(state=State.FAILED)
        Job.objects.filter(pk=gone.pk).update(finished_at=timezone.now() - timedelta(hours=1))
        live = gateway.beat("w", queues=["jobs-cpu"], has_engine=True, engine="fine")
        assert job.run_id in live
        assert gone.run_id not in live
        assert Worker.objects.get().has_engine

    def test_a_worker_tells_what_it_has_and_gets_what_fits(self, gateway: Gateway) -> None:
        gateway.beat(
            "w",
            queues=["jobs-cpu", "jobs-gpu"],
            has_engine=True,
            engine="fine",
            executor="docker",
            capacity=Capacity(cpus=4.0, memory=8 * GIB, gpus=(0, 24 * GIB)),
            slots=2,
            version="1.2",
            uptime=60.0,
        )
        row = Worker.objects.get()
        assert row.capacity == Capacity(cpus=4.0, memory=8 * GIB, gpus=(0, 24 * GIB))
        assert (row.executor, row.slots, row.version) == ("docker", 2, "1.2")
        assert row.started_at is not None
        large = make_job(memory=16 * GIB)
        fits = make_job(memory=4 * GIB, gpus=1, gpu_memory=24 * GIB)
        assignment = gateway.claim(str(large.pk), worker="w")
        assert assignment is not None
        assert assignment.spec.run_id == fits.run_id
        assert assignment.spec.gpu_devices == (1,)
        assert gateway.claim(str(large.pk), worker="w") is None


class TestReports:
    def test_a_report_holds_moves_and_tells(self, gateway: Gateway) -> None:
        job = make_job()
        token = claimed(gateway, job)
        Job.objects.update(lease_expires_at=timezone.now())
        usage = [[1.0, 0.5, 1000.0]]
        assert gateway.report(token, Report(executing=True, log="one\n", usage=usage)) is False
        row = reloaded(job)
        assert row.lease_expires_at is not None
        assert row.lease_expires_at > timezone.now() + timedelta(seconds=30)
        assert (row.state, row.log, row.usage) == (State.EXECUTING, "one\n", [[1.0, 0.5, 1000.0]])
        cancel_job(actor=job.creator, job=job)
        assert gateway.report(token, Report()) is True

    def test_a_repeated_report_adds_its_log_once(self, gateway: Gateway) -> None:
        job = make_job()
        token = claimed(gateway, job)
        for _ in range(2):
            gateway.report(token, Report(log="one\n"))
        gateway.report(token, Report(log="e\ntwo\x00\n", log_start=2))
        assert job_log(reloaded(job)) == ("one\ntwo\ufffd\n", 9)
        assert job_log(reloaded(job), after=4) == ("two\ufffd\n", 9)

    def test_of_a_long_log_both_ends_are_kept(self, gateway: Gateway) -> None:
        job = make_job()
        token = claimed(gateway, job)
        position = 0
        for letter in "abcdef":
            text = letter * (TAIL // 2)
            gateway.report(token, Report(log=text, log_start=position))
            position += len(text)
        row = reloaded(job)
        text, end = job_log(row)
        assert (end, len(row.log)) == (position, HEAD + TAIL)
        assert text.startswith("a" * HEAD)
        assert text.endswith("e" * (TAIL // 2) + "f" * (TAIL // 2))
        assert f"… {position - HEAD - TAIL:,} characters were left out …" in text
        assert job_log(row, after=position - 3) == ("fff", position)
        assert job_log(row, after=position) == ("", position)

    def test_a_worker_that_lost_its_run_can_do_nothing_to_it(
        self, gateway: Gateway, tmp_path: Path
    ) -> None:
        """It slept, the reconciler gave the job away, another worker has it now."""
        job = make_job()
        asleep = claimed(gateway, job)
        Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        take_back(job)
        claimed(gateway, job)
        before = reloaded(job)
        for act in (
            lambda: gateway.report(asleep, Report(executing=True, log="stale")),
            lambda: gateway.request_slip(asleep, output(tmp_path)),
            lambda: gateway.finish(asleep, Ending(record=SUCCEEDED)),
            lambda: gateway.give_back(asleep, reason="It thinks that it lost it."),
        ):
            with pytest.raises(LeaseLost):
                act()
        row = reloaded(job)
        assert (row.state, row.log, row.attempts) == (State.PROVISIONING, "", 1)
        assert row.lease_expires_at == before.lease_expires_at

    def test_a_lease_extended_in_the_last_moment_keeps_the_job(self, gateway: Gateway) -> None:
        job = make_job()
        token = claimed(gateway, job)
        Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        gateway.report(token, Report())
        take_back(job)
        assert reloaded(job).state == State.PROVISIONING

    def test_a_run_is_given_back(self, gateway: Gateway) -> None:
        job = make_job()
        gateway.give_back(claimed(gateway, job), reason="The engine was lost.")
        assert (reloaded(job).state, reloaded(job).attempts) == (State.QUEUED, 1)


class TestHandingOver:
    def test_outputs_are_sent_and_read(
        self, gateway: Gateway, finished: list[Any], tmp_path: Path
    ) -> None:
        job = make_job()
        token = claimed(gateway, job)
        gateway.report(token, Report(executing=True))
        sent = send(gateway, token, output(tmp_path))
        ending = Ending(record=SUCCEEDED, outputs=[sent], last=Report(log="bye\n"))
        gateway.finish(token, ending)
        gateway.finish(token, ending)
        row = reloaded(job)
        assert (row.state, row.log, row.lease_expires_at) == (State.PARSING, "bye\n", None)
        assert finished == []
        parse_outputs(job.pk)
        parse_outputs(job.pk)
        row = reloaded(job)
        assert row.state == State.SUCCEEDED
        assert [value.value for value in row.outputs.all()] == [{"score": 1}]
        assert row.record["env"] == {"SEED": "7"}
        assert row.record["container_image"]["digest"] == row.container_image.digest
        assert len(row.record["outputs"]["result"]["content"]) == 64
        assert finished == [(str(job.pk), State.SUCCEEDED)]
        assert list(get_store().list_objects("incoming/")) == []

    def test_a_small_output_comes_along_and_is_read(
        self, gateway: Gateway, finished: list[Any]
    ) -> None:
        job = make_job()
        token = claimed(gateway, job)
        gateway.report(token, Report(executing=True))
        small = Enclosed(slug="result", filename="result.json", content=b'{"name": "\xc3\xa9"}')
        for _ in range(2):
            gateway.finish(token, Ending(record=SUCCEEDED, enclosed=[small]))
        assert list(get_store().list_objects("incoming/")) == []
        parse_outputs(job.pk)
        assert [value.value for value in reloaded(job).outputs.all()] == [{"name": "é"}]
        assert not IncomingOutput.objects.exists()
        assert finished == [(str(job.pk), State.SUCCEEDED)]

    def test_every_move_is_recorded_although_all_are_made_at_once(self, gateway: Gateway) -> None:
        job = make_job()
        small = Enclosed(slug="result", filename="result.json", content=b"1")
        ending = Ending(record=SUCCEEDED, enclosed=[small], last=Report(executing=True))
        gateway.finish(claimed(gateway, job), ending)
        events = Event.objects.filter(object_id=str(job.pk)).order_by("pk")
        assert [(event.data["before"], event.data["after"]) for event in events] == [
            ("QUEUED", "PROVISIONING"),
            ("PROVISIONING", "EXECUTING"),
            ("EXECUTING", "PARSING"),
            ("PARSING", "SUCCEEDED"),
        ]

    def test_a_small_output_that_breaks_its_rules_ends_the_job(
        self, gateway: Gateway, finished: list[Any]
    ) -> None:
        job = make_job()
        small = Enclosed(slug="result", filename="result.json", content=b"{not JSON")
        ending = Ending(record=SUCCEEDED, enclosed=[small], last=Report(executing=True))
        gateway.finish(claimed(gateway, job), ending)
        row = reloaded(job)
        assert (row.state, row.reason_code) == (State.FAILED, "output")
        assert "not valid JSON" in row.reason
        assert row.record["reason"]["code"] == "output"
        assert finished == [(str(job.pk), State.FAILED)]

    def test_what_cannot_be_read_at_once_is_left_to_a_task(
        self, gateway: Gateway, finished: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = make_job()
        small = Enclosed(slug="result", filename="result.json", content=b"1")
        ending = Ending(record=SUCCEEDED, enclosed=[small], last=Report(executing=True))
        with monkeypatch.context() as patch:
            patch.setattr(concluding, "publish_outputs", _break_the_transaction)
            gateway.finish(claimed(gateway, job), ending)
        assert reloaded(job).state == State.PARSING
        assert finished == []
        parse_outputs(job.pk)
        assert reloaded(job).state == State.SUCCEEDED
        assert [value.value for value in reloaded(job).outputs.all()] == [1]
        assert not IncomingOutput.objects.exists()
        assert finished == [(str(job.pk), State.SUCCEEDED)]

    def test_a_small_job_takes_few_statements(self) -> None:
        """Most of what the portal adds to a short job are its statements."""
        job, gateway = make_job(), LocalGateway()
        small = Enclosed(slug="result", filename="result.json", content=b"1")
        with CaptureQueriesContext(connection) as claiming:
            token = claimed(gateway, job)
        ending = Ending(record=SUCCEEDED, enclosed=[small], last=Report(executing=True))
        with CaptureQueriesContext(connection) as ending_it:
            gateway.finish(token, ending)
        assert reloaded(job).state == State.SUCCEEDED
        assert (len(claiming), len(ending_it)) == STATEMENTS

    def test_only_declared_outputs_come_along(self, gateway: Gateway) -> None:
        job = make_job()
        other = Enclosed(slug="other", filename="x", content=b"1")
        with pytest.raises((Conflict, PlatformFault)):
            gateway.finish(claimed(gateway, job), Ending(record=SUCCEEDED, enclosed=[other]))
        assert reloaded(job).state == State.PROVISIONING

    def test_what_comes_along_is_small(self, site: str) -> None:
        gateway, job = HttpGateway(site, worker_token=TOKEN, patience=0), make_job()
        large = Enclosed(slug="result", filename="x", content=b"1" * (ENCLOSED_BYTES + 1))
        with pytest.raises(PlatformFault):
            gateway.finish(claimed(gateway, job), Ending(record=SUCCEEDED, enclosed=[large]))
        assert not IncomingOutput.objects.exists()

    def test_a_failure_ends_the_job_with_its_reason(
        self, gateway: Gateway, finished: list[Any]
    ) -> None:
        job = make_job()
        token = claimed(gateway, job)
        reason = {"code": "exit_code", "message": "oh no", "advice": "look", "last_line": "oh no"}
        gateway.finish(token, Ending(record={"reason": reason, "exit_code": 3, "junk": 1}))
        row = reloaded(job)
        assert (row.state, row.reason_code, row.reason) == (State.FAILED, "exit_code", "oh no")
        assert row.record["exit_code"] == 3
        assert "junk" not in row.record
        assert finished == [(str(job.pk), State.FAILED)]

    def test_a_reason_may_quote_what_no_database_holds(self, gateway: Gateway) -> None:
        job = make_job()
        reason = {"code": "read_only", "message": "to `/a\x00b`", "last_line": "\x00 \\u0000"}
        gateway.finish(claimed(gateway, job), Ending(record={"reason": reason}))
        row = reloaded(job)
        assert (row.state, row.reason) == (State.FAILED, "to `/a\ufffdb`")

    def test_an_output_beyond_the_limit_finds_no_room(
        self, gateway: Gateway, tmp_path: Path
    ) -> None:
        token = claimed(gateway, make_job())
        with pytest.raises((Conflict, PlatformFault)):
            gateway.request_slip(token, replace(output(tmp_path), size=2**39))

    def test_only_declared_outputs_find_room(self, gateway: Gateway, tmp_path: Path) -> None:
        token = claimed(gateway, make_job())
        with pytest.raises((Conflict, PlatformFault)):
            gateway.request_slip(token, output(tmp_path, slug="other"))
        assert not IncomingOutput.objects.exists()

    def test_a_run_that_was_cancelled_ends_so(self, gateway: Gateway, tmp_path: Path) -> None:
        job = make_job()
        token = claimed(gateway, job)
        sent = send(gateway, token, output(tmp_path))
        cancel_job(actor=job.creator, job=job)
        gateway.finish(token, Ending(record=SUCCEEDED, outputs=[sent]))
        assert reloaded(job).state == State.CANCELLED
        assert not reloaded(job).outputs.exists()

    def test_what_a_lost_run_sent_is_discarded(self, gateway: Gateway, tmp_path: Path) -> None:
        job = make_job()
        token = claimed(gateway, job)
        send(gateway, token, output(tmp_path))
        gateway.give_back(token, reason="The engine was lost.")
        IncomingOutput.objects.update(modified=timezone.now() - timedelta(minutes=5))
        Job.objects.filter(pk=job.pk).update(state=State.FAILED)
        other = make_job()
        send(gateway, claimed(gateway, other), output(tmp_path))
        IncomingOutput.objects.update(modified=timezone.now() - timedelta(minutes=5))
        assert discard_unclaimed() == 1
        assert [row.job_id for row in IncomingOutput.objects.all()] == [other.pk]
        assert len(list(get_store().list_multiparts("incoming/"))) == 1


class TestStrangers:
    @pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN} x"])
    def test_nobody_claims_without_the_token(self, settings: Settings, header: str) -> None:
        settings.WORKER_TOKEN = TOKEN
        job = make_job()
        headers = {"Authorization": header} if header else {}
        answer = Client().post(
            f"/api/v1/execution/jobs/{job.pk}/claim/",
            {"worker": "w"},
            content_type="application/json",
            headers=headers,
        )
        assert answer.status_code == 401
        assert reloaded(job).state == State.QUEUED

    def test_a_portal_without_a_token_lets_no_worker_in(self, settings: Settings) -> None:
        settings.WORKER_TOKEN = ""
        job = make_job()
        answer = Client().post(
            f"/api/v1/execution/jobs/{job.pk}/claim/",
            {"worker": "w"},
            content_type="application/json",
            headers={"Authorization": "Bearer "},
        )
        assert answer.status_code == 401

    def test_the_workers_token_speaks_for_no_run(self, site: str) -> None:
        job = make_job()
        assert HttpGateway(site, worker_token=TOKEN).claim(str(job.pk), worker="w") is not None
        with pytest.raises(PlatformFault, match="does not know this worker"):
            HttpGateway(site, worker_token=TOKEN).report(TOKEN, Report(log="x"))
        assert reloaded(job).log == ""

    def test_a_body_that_cannot_be_read_is_refused(self, site: str) -> None:
        job = make_job()
        token = claimed(HttpGateway(site, worker_token=TOKEN), job)
        answer = httpx.post(
            f"{site}/api/v1/execution/run/report/",
            json={"log": 5, "usage": "x"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 400
        assert reloaded(job).state == State.PROVISIONING

    def test_a_portal_that_is_away_is_said_so(self) -> None:
        gateway = HttpGateway("http://127.0.0.1:9", worker_token=TOKEN, patience=0)
        with pytest.raises(PlatformFault, match="could not be reached"):
            gateway.claim("00000000-0000-7000-8000-000000000000", worker="w")
