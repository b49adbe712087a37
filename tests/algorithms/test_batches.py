"""Batches: started as places become free, cancelled, run again, and what they found."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from algorithms.models import Algorithm, AlgorithmRun, BatchCase, RunBatch
from algorithms.run_selectors import batch_counts
from algorithms.selectors import interface_of
from algorithms.services import cancel_batch, feed_batch, plan_cases, rerun_failed, start_batch
from algorithms.services.batches import obstacle_of, reconcile_batches
from app.accounts.models import User
from app.execution.models import Job
from app.notifications.models import Notification
from archives.models import Archive
from tests.factories.algorithms import make_algorithm
from tests.factories.archives import make_archive
from tests.factories.challenges import fail_job, succeed

State = BatchCase.State


@pytest.fixture
def archive(user: User) -> Archive:
    return make_archive(editor=user, cases=5)


@pytest.fixture
def batch(user: User, archive: Archive, settings: LazySettings) -> RunBatch:
    settings.RUNS_PER_PERSON = 2
    return make(user, archive)


def make(
    user: User, archive: Archive, *, algorithm: Algorithm | None = None, **fields: bool
) -> RunBatch:
    algorithm = algorithm or make_algorithm(public=True)
    version, interface = algorithm.versions.get(), interface_of(algorithm)
    items = archive.items.order_by("title")
    plans = plan_cases(user=user, version=version, interface=interface, items=items)
    return start_batch(
        actor=user, version=version, interface=interface, archive=archive, plans=plans, **fields
    )


def jobs(batch: RunBatch) -> list[Job]:
    return list(Job.objects.filter(algorithm_run__batch_cases__batch=batch).order_by("created"))


def counts(batch: RunBatch) -> dict[str, int]:
    return {state: count for state, count in batch_counts(batch).items() if count}


def test_as_many_run_as_may(
    batch: RunBatch, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    assert feed_batch(batch.pk) == 2
    assert counts(batch) == {"WAITING": 3, "ACTIVE": 2}
    assert feed_batch(batch.pk) == 0
    obstacle = obstacle_of(batch)
    assert obstacle is not None
    assert "2 are allowed at a time" in obstacle.message
    for job in jobs(batch):
        succeed(job)
    reconcile_batches()
    assert counts(batch) == {"WAITING": 1, "ACTIVE": 2, "SUCCEEDED": 2}
    assert [case.number for case in batch.cases.filter(state=State.WAITING)] == [5]


def told(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).values_list("text", flat=True))


class TestItsEnd:
    """One message for a batch, however many cases it has."""

    @pytest.fixture
    def batch(self, user: User, archive: Archive) -> RunBatch:
        batch = make(user, archive)
        feed_batch(batch.pk)
        return batch

    @staticmethod
    def end(batch: RunBatch) -> None:
        first, *others = [job for job in jobs(batch) if not job.is_finished]
        fail_job(first)
        for job in others:
            succeed(job)

    def test_it_is_told_once_and_its_cases_are_not(self, user: User, batch: RunBatch) -> None:
        self.end(batch)
        assert told(user) == []
        for _ in range(2):
            feed_batch(batch.pk)
        (text,) = told(user)
        assert text.endswith(f"on {batch.title}: 4 of 5 cases are done, 1 failed.")
        assert Notification.objects.get().url == reverse("algorithms:batch", args=[batch.pk])

    def test_nothing_is_told_while_something_runs(self, user: User, batch: RunBatch) -> None:
        for job in jobs(batch)[1:]:
            succeed(job)
        feed_batch(batch.pk)
        assert told(user) == []

    def test_a_lost_message_does_not_hide_it(self, user: User, batch: RunBatch) -> None:
        self.end(batch)
        for _ in range(2):
            reconcile_batches()
        assert len(told(user)) == 1

    def test_cases_that_run_again_end_it_again(self, user: User, batch: RunBatch) -> None:
        self.end(batch)
        feed_batch(batch.pk)
        rerun_failed(actor=user, batch=batch)
        assert feed_batch(batch.pk) == 1
        succeed(jobs(batch)[-1])
        feed_batch(batch.pk)
        assert len(told(user)) == 2
        assert any("5 of 5 cases are done." in text for text in told(user))

    def test_nobody_is_told_of_what_they_cancelled(
        self, user: User, archive: Archive, settings: LazySettings
    ) -> None:
        settings.RUNS_PER_PERSON = 2
        batch = make(user, archive)
        feed_batch(batch.pk)
        cancel_batch(actor=user, batch=batch)
        feed_batch(batch.pk)
        batch.refresh_from_db()
        assert batch.finished_at is not None
        assert told(user) == []

    def test_a_batch_with_nothing_to_run_ends_as_it_starts(
        self, user: User, archive: Archive, batch: RunBatch
    ) -> None:
        for job in jobs(batch):
            succeed(job)
        feed_batch(batch.pk)
        again = make(user, archive, algorithm=batch.version.algorithm)
        feed_batch(again.pk)
        assert again.finished_at is not None
        assert len(told(user)) == 1

    @pytest.mark.parametrize("ended", [True, False])
    def test_an_update_passes_over_what_was_done_and_tells_of_what_still_runs(
        self, user: User, batch: RunBatch, ended: bool
    ) -> None:
        first, *others = jobs(batch)
        for job in (first, *others) if ended else others:
            succeed(job)
        migration = import_module("algorithms.migrations.0007_batch_finished")
        migration.note_those_done(apps, None)
        batch.refresh_from_db()
        assert (batch.finished_at is not None) == ended


def test_credits_end_it_for_a_while(user: User, archive: Archive, settings: LazySettings) -> None:
    settings.JOB_TIME_LIMIT, settings.RUN_CREDITS_PER_MONTH = 60, 3
    batch = make(user, archive)
    assert feed_batch(batch.pk) == 3
    assert feed_batch(batch.pk) == 0
    obstacle = obstacle_of(batch)
    assert obstacle is not None
    assert "1 run costs 1 credits; you have 0" in obstacle.message


def test_what_ran_before_is_left_out_unless_asked(user: User, batch: RunBatch) -> None:
    feed_batch(batch.pk)
    succeed(jobs(batch)[0])
    fail_job(jobs(batch)[1])
    version, interface = batch.version, batch.interface
    assert interface is not None
    assert batch.archive is not None
    items = batch.archive.items.order_by("title")
    plans = plan_cases(user=user, version=version, interface=interface, items=items)
    assert [plan.item.title for plan in plans if plan.earlier] == ["Case 1"]
    for again, expected in ((False, {"SKIPPED": 1, "WAITING": 4}), (True, {"WAITING": 5})):
        made = start_batch(
            actor=user,
            version=version,
            interface=interface,
            archive=batch.archive,
            plans=plans,
            again=again,
        )
        assert counts(made) == expected


def test_cancelled(user: User, batch: RunBatch) -> None:
    feed_batch(batch.pk)
    succeed(jobs(batch)[0])
    assert cancel_batch(actor=user, batch=batch) == 4
    assert counts(batch) == {"SUCCEEDED": 1, "CANCELLED": 4}
    assert feed_batch(batch.pk) == 0
    assert rerun_failed(actor=user, batch=batch) == 4
    assert feed_batch(batch.pk) == 2
    assert counts(batch) == {"SUCCEEDED": 1, "WAITING": 2, "ACTIVE": 2}


def test_failed_cases_run_again(user: User, batch: RunBatch) -> None:
    feed_batch(batch.pk)
    first, second = jobs(batch)
    fail_job(first)
    succeed(second)
    assert rerun_failed(actor=user, batch=batch) == 1
    assert counts(batch) == {"WAITING": 4, "SUCCEEDED": 1}
    feed_batch(batch.pk)
    assert batch.cases.get(number=1).run != first.algorithm_run


@pytest.mark.parametrize("loss", ["algorithm", "archive", "version", "retired", "person"])
def test_rights_are_asked_again_at_every_start(
    user: User, batch: RunBatch, archive: Archive, loss: str
) -> None:
    if loss == "algorithm":
        batch.version.algorithm.__class__.objects.update(public=False)
    elif loss == "archive":
        archive.memberships.all().delete()
    elif loss == "retired":
        batch.version.__class__.objects.update(stage="RETIRED")
    elif loss == "version":
        batch.version.container_image.__class__.objects.update(state="RETIRED")
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)
    assert feed_batch(batch.pk) == 0
    assert counts(batch) == {"REFUSED": 5}
    assert not AlgorithmRun.objects.exists()


def test_a_case_that_went_away_is_said(batch: RunBatch, archive: Archive) -> None:
    archive.items.get(title="Case 1").delete()
    archive.items.get(title="Case 2").values.clear()
    feed_batch(batch.pk)
    reasons = list(batch.cases.filter(state=State.REFUSED).values_list("reason", flat=True))
    assert "no longer in the archive" in reasons[0]
    assert "has nothing for the input" in reasons[1]


def test_cases_that_cannot_run_do_not_hold_up_the_rest(
    batch: RunBatch, archive: Archive, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    archive.items.filter(title__in=["Case 1", "Case 2"]).delete()
    with django_capture_on_commit_callbacks() as sent:
        assert feed_batch(batch.pk) == 0
    assert len(sent) == 1, "the next go follows by itself"
    assert feed_batch(batch.pk) == 2


class TestPage:
    def test_counts_and_cases(self, signed_in: Client, batch: RunBatch) -> None:
        feed_batch(batch.pk)
        fail_job(jobs(batch)[0])
        page = reverse("algorithms:batch", args=[batch.pk])
        text = signed_in.get(page).content.decode()
        assert text.count("data-case=") == 5
        assert "hx-trigger" in text
        only = signed_in.get(page, {"state": "FAILED"}).content.decode()
        assert only.count("data-case=") == 1
        assert signed_in.get(page, {"state": "<x>"}).status_code == 200

    def test_nobody_elses(self, client: Client, stranger: User, batch: RunBatch) -> None:
        client.force_login(stranger)
        assert client.get(reverse("algorithms:batch", args=[batch.pk])).status_code == 404

    def test_buttons(self, signed_in: Client, batch: RunBatch) -> None:
        feed_batch(batch.pk)
        signed_in.post(reverse("algorithms:cancel_batch", args=[batch.pk]))
        assert counts(batch) == {"CANCELLED": 5}
        signed_in.post(reverse("algorithms:rerun_batch", args=[batch.pk]))
        assert counts(batch) == {"WAITING": 5}


@pytest.mark.parametrize("place", ["runs", "algorithm", "try_out", "batch", "results", "api"])
def test_no_list_of_runs_fetches_their_logs(signed_in: Client, batch: RunBatch, place: str) -> None:
    feed_batch(batch.pk)
    Job.objects.update(log="x" * 1000)
    try_out = reverse("algorithms:try_out", args=[batch.version.algorithm_id])
    address = {
        "runs": reverse("algorithms:runs"),
        "algorithm": reverse("algorithms:detail", args=[batch.version.algorithm_id]),
        "try_out": f"{try_out}?archive={batch.archive_id}",
        "batch": reverse("algorithms:batch", args=[batch.pk]),
        "results": reverse("algorithms:batch_results", args=[batch.pk, "csv"]),
        "api": reverse("api:job-list"),
    }[place]
    with CaptureQueriesContext(connection) as queries:
        assert signed_in.get(address).status_code == 200
    assert not [query for query in queries if '"execution_job"."log"' in query["sql"]]


class TestResults:
    def test_as_a_table(self, signed_in: Client, batch: RunBatch) -> None:
        BatchCase.objects.filter(batch=batch, number=1).update(title="=cmd()")
        feed_batch(batch.pk)
        succeed(jobs(batch)[0])
        response = signed_in.get(reverse("algorithms:batch_results", args=[batch.pk, "csv"]))
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert [row["state"] for row in rows] == ["SUCCEEDED", "QUEUED", *["WAITING"] * 3]
        assert rows[0]["case"].startswith("'"), "no spreadsheet runs a title"
        assert "segmentation" in rows[0]

    def test_as_json(self, signed_in: Client, batch: RunBatch) -> None:
        feed_batch(batch.pk)
        response = signed_in.get(reverse("algorithms:batch_results", args=[batch.pk, "zip"]))
        archive = zipfile.ZipFile(io.BytesIO(response.content))
        assert len(archive.namelist()) == 5
        assert json.loads(archive.read("case-00001.json"))["state"] == "QUEUED"

    def test_no_other_format(self, signed_in: Client, batch: RunBatch) -> None:
        page = reverse("algorithms:batch_results", args=[batch.pk, "exe"])
        assert signed_in.get(page).status_code == 404
