"""Credits and caps: what is shown before running is what holds, also for many at once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from algorithms.models import AlgorithmRun, CreditCharge
from algorithms.services import (
    allowance,
    grant_credits,
    rerun,
    set_terms,
    start_reproduction,
    start_try_outs,
)
from algorithms.services.credits import WINDOW, refund_faults
from algorithms.services.endpoints import keep_warm
from app.accounts.models import User
from app.core.errors import LimitReached, ValidationFailed
from app.execution.models import Job
from app.execution.services import cancel_job
from app.execution.services.endpoints import stop_endpoint
from archives.models import ArchiveItem
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_version
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import fail_job, succeed


@pytest.fixture(autouse=True)
def terms(settings: LazySettings) -> None:
    settings.JOB_TIME_LIMIT = 90
    settings.RUN_CREDITS_PER_MONTH = 10
    settings.RUN_COMPLIMENTARY = 0
    settings.RUNS_PER_PERSON = 20
    settings.RUNS_PER_ALGORITHM = 50


@pytest.fixture
def item(user: User) -> ArchiveItem:
    return make_item(make_archive(editor=user), title="Thorax 1")


def test_a_run_costs_a_credit_for_each_minute_begun(user: User, item: ArchiveItem) -> None:
    algorithm = make_algorithm(public=True)
    version = algorithm.versions.get()
    before = allowance(user=user, version=version)
    assert (before.cost, before.left, before.affordable, before.active) == (2, 10, 5, 0)
    start_try_outs(actor=user, algorithm=algorithm, items=[item, item])
    after = allowance(user=user, version=version)
    assert (after.left, after.affordable, after.active, after.algorithm_active) == (6, 3, 2, 2)
    ((moment, amount),) = after.back
    assert amount == 4
    assert WINDOW - timedelta(minutes=1) < moment - timezone.now() <= WINDOW


def test_an_algorithm_has_a_minimum(user: User, item: ArchiveItem) -> None:
    algorithm = make_algorithm(public=True)
    set_terms(actor=user, algorithm=algorithm, minimum_credits=7, active_runs=None)
    start_try_outs(actor=user, algorithm=algorithm, items=[item])
    assert allowance(user=user, version=algorithm.versions.get()).left == 3
    with pytest.raises(LimitReached, match="1 run costs 7 credits; you have 3") as refused:
        start_try_outs(actor=user, algorithm=algorithm, items=[item])
    assert "7 credits come back on" in refused.value.advice
    assert AlgorithmRun.objects.count() == 1
    assert Job.objects.count() == 1


def test_all_or_none(user: User, item: ArchiveItem) -> None:
    with pytest.raises(LimitReached, match="6 runs cost 12 credits"):
        start_try_outs(actor=user, algorithm=make_algorithm(public=True), items=[item] * 6)
    assert not AlgorithmRun.objects.exists()


def test_credits_come_back_after_thirty_days(user: User, item: ArchiveItem) -> None:
    algorithm = make_algorithm(public=True)
    start_try_outs(actor=user, algorithm=algorithm, items=[item] * 5)
    version = algorithm.versions.get()
    assert allowance(user=user, version=version).left == 0
    CreditCharge.objects.update(created=timezone.now() - WINDOW)
    assert allowance(user=user, version=version).left == 10


def test_nobody_counts_where_there_is_no_limit(
    user: User, item: ArchiveItem, settings: LazySettings
) -> None:
    settings.RUN_CREDITS_PER_MONTH = 0
    algorithm = make_algorithm(public=True)
    start_try_outs(actor=user, algorithm=algorithm, items=[item] * 8)
    found = allowance(user=user, version=algorithm.versions.get())
    assert (found.left, found.affordable, found.startable) == (None, None, 12)


def test_grants_count_between_their_days(user: User) -> None:
    version = make_algorithm().versions.get()
    today, admin = timezone.now().date(), UserFactory(is_superuser=True)
    day = timedelta(days=1)
    for amount, starts, ends in (
        (5, today, today),
        (100, today + day, today + 2 * day),
        (1000, today - 2 * day, today - day),
    ):
        grant_credits(actor=admin, user=user, amount=amount, starts=starts, ends=ends)
    assert allowance(user=user, version=version).left == 15
    with pytest.raises(ValidationFailed):
        grant_credits(actor=admin, user=user, amount=1, starts=today, ends=today - day)


def test_what_was_spent_of_a_grant_is_no_debt(
    signed_in: Client, user: User, item: ArchiveItem
) -> None:
    algorithm, today = make_algorithm(public=True), timezone.now().date()
    grant = grant_credits(actor=user, user=user, amount=10, starts=today, ends=today)
    start_try_outs(actor=user, algorithm=algorithm, items=[item] * 8)
    type(grant).objects.update(starts=today - timedelta(days=2), ends=today - timedelta(days=1))
    assert allowance(user=user, version=algorithm.versions.get()).left == 0
    assert signed_in.get(reverse("algorithms:credits")).context["left"] == "0"
    page = signed_in.get(reverse("algorithms:try_out", args=[algorithm.pk]))
    assert page.context["allowance"].left_text == "0"


def test_editors_have_some_runs_of_each_version_for_nothing(
    user: User, item: ArchiveItem, settings: LazySettings
) -> None:
    settings.RUN_COMPLIMENTARY = 2
    algorithm = make_algorithm(editor=user, public=True)
    start_try_outs(actor=user, algorithm=algorithm, items=[item] * 3)
    version = algorithm.versions.get()
    found = allowance(user=user, version=version)
    assert (found.complimentary, found.left) == (0, 8)
    assert allowance(user=user, version=make_version(algorithm)).complimentary == 2
    assert allowance(user=UserFactory(), version=version).complimentary == 0


def test_reproducing_uses_up_complimentary_runs(
    user: User, item: ArchiveItem, settings: LazySettings
) -> None:
    settings.RUN_COMPLIMENTARY = 2
    (run,) = start_try_outs(actor=user, algorithm=make_algorithm(editor=user), items=[item])
    succeed(run.job)
    start_reproduction(actor=user, run=run)
    found = allowance(user=user, version=run.version)
    assert (found.complimentary, found.left) == (0, 10)


def test_keeping_warm_uses_them_up_and_gives_back_what_never_started(
    user: User, settings: LazySettings
) -> None:
    settings.RUN_COMPLIMENTARY = 1
    version = make_version(make_algorithm(editor=user, versions=0), serves=True)
    warm = keep_warm(actor=user, version=version)
    assert allowance(user=user, version=version).complimentary == 0
    stop_endpoint(actor=user, endpoint=warm.endpoint)
    refund_faults()
    assert allowance(user=user, version=version).complimentary == 1


@pytest.mark.parametrize(
    ("code", "left"), [("platform", 10), ("input", 10), ("exit", 8), ("timeout", 8)]
)
def test_faults_of_the_platform_are_given_back(
    user: User, item: ArchiveItem, code: str, left: int
) -> None:
    algorithm = make_algorithm(public=True)
    (run,) = start_try_outs(actor=user, algorithm=algorithm, items=[item])
    Job.objects.filter(pk=run.job_id).update(reason_code=code)
    run.job.refresh_from_db()
    fail_job(run.job)
    assert allowance(user=user, version=run.version).left == left


def test_what_never_started_is_given_back(user: User, item: ArchiveItem) -> None:
    algorithm = make_algorithm(public=True)
    (run,) = start_try_outs(actor=user, algorithm=algorithm, items=[item])
    cancel_job(actor=user, job=run.job)
    found = allowance(user=user, version=run.version)
    assert (found.left, found.active) == (10, 0)


class TestCaps:
    def test_of_a_person(self, user: User, item: ArchiveItem, settings: LazySettings) -> None:
        settings.RUNS_PER_PERSON = 2
        algorithm = make_algorithm(public=True)
        runs = start_try_outs(actor=user, algorithm=algorithm, items=[item] * 2)
        with pytest.raises(LimitReached, match="2 runs under way; 2 are allowed"):
            start_try_outs(actor=user, algorithm=make_algorithm(public=True), items=[item])
        with pytest.raises(LimitReached):
            rerun(actor=user, run=runs[0])
        succeed(runs[0].job)
        rerun(actor=user, run=runs[0])

    def test_of_an_algorithm(self, user: User, item: ArchiveItem) -> None:
        algorithm = make_algorithm(public=True)
        set_terms(actor=user, algorithm=algorithm, minimum_credits=0, active_runs=1)
        start_try_outs(actor=user, algorithm=algorithm, items=[item])
        other = UserFactory()
        with pytest.raises(LimitReached, match="1 run of this algorithm is under way"):
            start_try_outs(actor=other, algorithm=algorithm, items=[item])
        start_try_outs(actor=other, algorithm=make_algorithm(public=True), items=[item])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("credits_a_month", "cap", "expected"), [(10, 50, 5), (100, 3, 3)])
def test_starts_at_the_same_time_cannot_overspend(
    settings: LazySettings, credits_a_month: int, cap: int, expected: int
) -> None:
    settings.RUN_CREDITS_PER_MONTH, settings.RUNS_PER_PERSON = credits_a_month, cap
    user = UserFactory()
    item = make_item(make_archive(editor=user))
    algorithms = [make_algorithm(public=True) for _ in range(2)]
    start, refused, errors = Barrier(8), [], []

    def run(number: int) -> None:
        start.wait(timeout=20)
        try:
            start_try_outs(actor=user, algorithm=algorithms[number % 2], items=[item])
        except LimitReached as error:
            refused.append(error)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert errors == []
    assert (len(refused), AlgorithmRun.objects.count()) == (8 - expected, expected)
