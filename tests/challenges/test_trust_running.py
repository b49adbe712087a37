"""What left evaluations stuck elsewhere, kept logs and reasons from people, or counted unfairly."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from algorithms.models import Algorithm
from algorithms.selectors import interface_of
from algorithms.services import start_try_outs
from algorithms.services.interfaces import add_interface, remove_interface
from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.models import Challenge, Evaluation, Phase, Submission
from app.challenges.services import evaluate_again, evaluations
from app.challenges.services.evaluations import advance
from app.execution.models import Job
from app.execution.services import job_limits
from app.execution.services.jobs import claim_job, end_job
from app.execution.services.reconciling import reconcile
from app.sockets.selectors import medical_image_socket, metrics_socket, segmentation_socket
from app.sockets.services import ensure_socket
from archives.policies import ARCHIVES
from tests.factories.algorithms import make_algorithm
from tests.factories.challenges import (
    fail_job,
    finish_cases,
    finish_method,
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
    succeed,
)
from tests.factories.execution import make_worker

pytestmark = pytest.mark.django_db
SCORES = {"aggregates": {"dice": {"mean": 0.25}}}
DAY = timedelta(days=1)


@pytest.fixture
def challenge(user: User) -> Challenge:
    return make_challenge(participants=(user,))


@pytest.fixture
def phase(challenge: Challenge) -> Phase:
    return make_phase(challenge, cases=2)


@pytest.fixture
def algorithm(user: User) -> Algorithm:
    return make_algorithm(editor=user)


def organizer_of(phase: Phase) -> User:
    found: User = phase.challenge.memberships.get(role="ADMIN").user
    return found


def kept(evaluation: Evaluation) -> set[str]:
    """The states of the jobs that ran its cases."""
    return {case.job.state for case in evaluation.cases.all() if case.job}


def other_interface(algorithm: Algorithm, actor: User) -> None:
    """Withdraw what was handed in with, after something that takes and gives other things came."""
    first = interface_of(algorithm)
    age = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
    add_interface(actor=actor, algorithm=algorithm, inputs=[age], outputs=[metrics_socket()])
    remove_interface(actor=actor, interface=first)


def first_interface(algorithm: Algorithm, actor: User) -> None:
    """Let another one come before the one that was handed in with."""
    algorithm.interfaces.update(withdrawn_at=None)
    age = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
    image = medical_image_socket()
    add_interface(
        actor=actor, algorithm=algorithm, inputs=[image, age], outputs=[segmentation_socket()]
    )


def more_outputs(phase: Phase) -> None:
    phase.outputs.add(
        ensure_socket(slug="risk", title="Risk", kind="JSON", relative_path="risk.json")
    )


def other_inputs(phase: Phase) -> None:
    phase.inputs.set([ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")])


class TestChangedInterfaces:
    @pytest.mark.parametrize("change", [other_interface, first_interface])
    @pytest.mark.parametrize("begun", [False, True], ids=["queued", "under-way"])
    def test_of_the_algorithm_leave_what_was_handed_in_alone(
        self,
        phase: Phase,
        user: User,
        algorithm: Algorithm,
        change: Callable[[Algorithm, User], None],
        begun: bool,
    ) -> None:
        wanted = interface_of(algorithm)
        submission = make_submission(phase, creator=user, algorithm=algorithm)
        evaluation = submission.evaluations.get()
        if begun:
            advance(evaluation.pk)
            succeed(evaluation.cases.all()[0].job)
        change(algorithm, user)
        finish_cases(evaluation)
        finish_method(evaluation, SCORES)
        assert (evaluation.state, evaluation.rank) == ("SUCCEEDED", 1)
        jobs = [case.job for case in evaluation.cases.all() if case.job]
        assert [job.algorithm_run.interface for job in jobs] == [wanted, wanted]
        again = evaluate_again(actor=organizer_of(phase), submission=submission)
        advance(again.pk)
        finish_method(again, SCORES)
        assert again.state == "SUCCEEDED"

    @pytest.mark.parametrize("change", [more_outputs, other_inputs])
    def test_of_the_phase_leave_nothing_under_way(
        self, phase: Phase, user: User, change: Callable[[Phase], None]
    ) -> None:
        submission = make_submission(phase, creator=user)
        evaluation = submission.evaluations.get()
        advance(evaluation.pk)
        succeed(evaluation.cases.all()[0].job)
        change(phase)
        finish_cases(evaluation)
        finish_method(evaluation, SCORES)
        assert evaluation.state == "SUCCEEDED"
        again = evaluate_again(actor=organizer_of(phase), submission=submission)
        finish_cases(again)
        finish_method(again, SCORES)
        assert again.state == "SUCCEEDED"


class TestRunsOfOthers:
    @pytest.mark.parametrize("end", [succeed, fail_job, None], ids=["done", "failed", "waiting"])
    def test_a_run_of_an_organizer_on_a_hidden_case_is_not_taken_for_its_own(
        self,
        phase: Phase,
        user: User,
        algorithm: Algorithm,
        end: Callable[[Job | None], None] | None,
    ) -> None:
        assert phase.archive is not None
        grant_role(ARCHIVES, actor=None, obj=phase.archive, user=user, role="EDITOR")
        items = list(phase.archive.items.all())
        ran = [run.job for run in start_try_outs(actor=user, algorithm=algorithm, items=items)]
        if end is not None:
            for job in ran:
                end(job)
        submission = make_submission(phase, creator=user, algorithm=algorithm)
        first = submission.evaluations.get()
        Job.objects.filter(pk__in=[job.pk for job in ran], state="QUEUED").update(state="EXECUTING")
        finish_cases(first)
        finish_method(first, SCORES)
        assert (first.state, first.rank, kept(first)) == ("SUCCEEDED", 1, {"SUCCEEDED"})
        assert not {case.job_id for case in first.cases.all()} & {job.pk for job in ran}
        again = evaluate_again(actor=organizer_of(phase), submission=submission)
        advance(again.pk)
        finish_method(again, SCORES)
        assert (again.state, again.rank) == ("SUCCEEDED", 1)


class TestClaims:
    @pytest.mark.parametrize(
        "ago",
        [timedelta(seconds=1), DAY - timedelta(seconds=5), DAY + timedelta(seconds=5), 400 * DAY],
        ids=str,
    )
    def test_a_claim_runs_out_however_long_ago_that_was(
        self, phase: Phase, user: User, ago: timedelta
    ) -> None:
        """Seconds of a difference without its days never exceed a day: such a check never fires."""
        evaluation = make_submission(phase, creator=user).evaluations.get()
        advance(evaluation.pk)
        worker = make_worker(cpus=64, memory=2**38)
        job = Job.objects.get()
        assert claim_job(job.pk, worker=worker.name) == job
        reconcile()
        assert state_of(job) == "PROVISIONING", "it is held"
        Job.objects.update(lease_expires_at=timezone.now() - ago)
        reconcile()
        assert state_of(job) == "QUEUED"

    def test_whoever_lost_a_claim_or_ended_one_may_claim_again(
        self, phase: Phase, user: User
    ) -> None:
        first = started(make_submission(phase, creator=user))
        started(make_submission(make_phase()))
        limits = job_limits(first)
        worker = make_worker(cpus=limits.cpus, memory=limits.memory)
        lost = claim_job(first.pk, worker=worker.name)
        assert lost is not None
        assert claim_job(first.pk, worker=worker.name) is None, "one at a time fits"
        Job.objects.filter(pk=lost.pk).update(lease_expires_at=timezone.now() - DAY)
        reconcile()
        for _ in range(2):
            held = claim_job(first.pk, worker=worker.name)
            assert held is not None
            end_job(held, Job.State.FAILED, reason="It failed.")
        assert not Job.objects.filter(state="QUEUED").exists()


class TestReasonsAndLogs:
    def test_the_log_of_a_failed_case_is_found_by_following_links(
        self, challenge: Challenge, user: User
    ) -> None:
        """Also in a preliminary phase that closed long ago."""
        phase = make_phase(challenge, title="Preliminary")
        make_phase(challenge, title="Final", parent=phase)
        failed(make_submission(phase, creator=user), log="IndexError: index 7 of 3")
        now = timezone.now()
        Phase.objects.filter(pk=phase.pk).update(opens_at=now - 9 * DAY, closes_at=now - DAY)
        client = Client()
        client.force_login(user)
        address = reverse("challenges:detail", args=[challenge.pk])
        for pattern in (
            re.escape(reverse("challenges:phase", args=[phase.pk])),
            re.escape(reverse("challenges:submissions", args=[phase.pk])),
            r"/challenges/evaluations/[0-9a-f-]{36}/",
            r"/challenges/evaluations/[0-9a-f-]{36}/cases/1/",
        ):
            text = client.get(address).content.decode()
            found = re.search(f'href="({pattern})"', text)
            assert found, f"{address} leads to no {pattern}"
            address = found[1]
        assert "IndexError: index 7 of 3" in client.get(address).content.decode()

    def test_a_reason_outlives_what_happens_to_others_and_later(
        self, phase: Phase, user: User
    ) -> None:
        submission = make_submission(phase, creator=user)
        evaluation = failed(submission)
        said = (evaluation.reason, evaluation.organizer_reason)
        assert all(said)
        make_evaluation(phase, score=0.5)
        again = evaluate_again(actor=organizer_of(phase), submission=submission)
        finish_cases(again)
        finish_method(again, SCORES)
        evaluation.refresh_from_db()
        assert (evaluation.reason, evaluation.organizer_reason) == said
        client = Client()
        client.force_login(user)
        found = client.get(reverse("api:evaluation-detail", args=[evaluation.pk])).json()
        assert found["reason"] == said[0]
        page = client.get(reverse("challenges:evaluation", args=[evaluation.pk]))
        assert said[0] in page.content.decode()

    def test_every_way_to_fail_has_a_reason(self, phase: Phase, user: User) -> None:
        cancelled = make_submission(phase, creator=user).evaluations.get()
        advance(cancelled.pk)
        Job.objects.filter(pk=cancelled.cases.all()[0].job_id).update(state="CANCELLED")
        scored = make_submission(phase, creator=user).evaluations.get()
        finish_cases(scored)
        scored.refresh_from_db()
        fail_job(scored.job)
        for evaluation in (cancelled, scored):
            advance(evaluation.pk)
            evaluation.refresh_from_db()
            assert evaluation.state == "FAILED"
            assert evaluation.reason
            assert evaluation.organizer_reason.strip(": ")


class TestFairness:
    def test_limits_are_the_same_inside_and_outside_a_challenge(
        self, phase: Phase, user: User, algorithm: Algorithm
    ) -> None:
        Algorithm.objects.filter(pk=algorithm.pk).update(memory_mb=600, time_limit=90)
        algorithm.refresh_from_db()
        assert phase.archive is not None
        grant_role(ARCHIVES, actor=None, obj=phase.archive, user=user, role="EDITOR")
        items = list(phase.archive.items.all()[:1])
        (outside,) = start_try_outs(actor=user, algorithm=algorithm, items=items)
        inside = started(make_submission(phase, creator=user, algorithm=algorithm))
        assert job_limits(inside) == job_limits(outside.job)

    def test_many_cases_start_in_steps_that_others_can_come_between(
        self, challenge: Challenge, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One transaction for all would keep whoever cancels waiting, and could run out of time."""
        monkeypatch.setattr(evaluations, "AT_ONCE", 3)
        phase = make_phase(challenge, cases=9)
        evaluation = make_submission(phase, creator=user).evaluations.get()
        advance(evaluation.pk)
        succeed(evaluation.cases.all()[0].job)
        with CaptureQueriesContext(connection) as asked:
            advance(evaluation.pk)
        assert evaluation.cases.filter(state="RUNNING").count() == 8
        locks = [q for q in asked if 'FOR UPDATE OF "challenges_evaluation"' in q["sql"]]
        assert len(locks) == 3


def state_of(job: Job) -> str:
    return Job.objects.get(pk=job.pk).state


def started(submission: Submission) -> Job:
    """The job of the first case."""
    evaluation = submission.evaluations.get()
    advance(evaluation.pk)
    job = evaluation.cases.all()[0].job
    assert job is not None
    return job


def failed(submission: Submission, *, log: str = "") -> Evaluation:
    """An evaluation whose first case failed."""
    job = started(submission)
    Job.objects.filter(pk=job.pk).update(log=log, log_size=len(log))
    fail_job(job)
    evaluation: Evaluation = submission.evaluations.get()
    advance(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation
