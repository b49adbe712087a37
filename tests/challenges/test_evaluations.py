"""An evaluation's way through its states; its jobs end as a worker would end them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.challenges.models import Evaluation, Phase
from app.challenges.services import cancel_evaluation
from app.challenges.services.evaluations import advance
from app.challenges.tasks import reconcile_evaluations
from app.core.errors import TransitionNotAllowed
from app.core.ids import new_id
from app.core.states import transition
from app.execution.models import ContainerImage, Job
from app.execution.services import cancel_job
from app.notifications.models import Notification
from app.sockets.services import ensure_socket
from tests.factories.algorithms import make_algorithm
from tests.factories.broker import sent
from tests.factories.challenges import (
    fail_job,
    finish_cases,
    finish_method,
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
    succeed,
    take,
)

State = Evaluation.State


@pytest.fixture
def phase(user: User) -> Phase:
    """A phase of three cases in which ``user`` takes part."""
    return make_phase(make_challenge(participants=(user,)), cases=3)


@pytest.fixture
def evaluation(phase: Phase, user: User) -> Evaluation:
    found: Evaluation = make_submission(phase, creator=user).evaluations.get()
    return found


def states(evaluation: Evaluation) -> list[str | None]:
    return [case.job.state if case.job else None for case in evaluation.cases.all()]


def go_on(evaluation: Evaluation) -> str:
    advance(evaluation.pk)
    evaluation.refresh_from_db()
    return evaluation.state


class TestTheWay:
    def test_to_the_leaderboard(self, evaluation: Evaluation, user: User) -> None:
        assert go_on(evaluation) == State.RUNNING_CASES
        assert states(evaluation) == ["QUEUED", None, None], "the first case alone"
        assert go_on(evaluation) == State.RUNNING_CASES
        assert states(evaluation) == ["QUEUED", None, None], "nothing twice"
        succeed(evaluation.cases.all()[0].job)
        go_on(evaluation)
        assert states(evaluation) == ["SUCCEEDED", "QUEUED", "QUEUED"], "then the rest"
        for case in evaluation.cases.all()[1:]:
            succeed(case.job)
        assert go_on(evaluation) == State.EVALUATING
        job = evaluation.job
        assert job is not None
        assert (job.kind, job.container_image) == ("evaluation", evaluation.method.container_image)
        assert go_on(evaluation) == State.EVALUATING
        assert evaluation.job == job
        finish_method(evaluation, {"aggregates": {"dice": {"mean": 0.75}}})
        assert (evaluation.state, evaluation.score, evaluation.rank) == ("SUCCEEDED", 0.75, 1)
        assert evaluation.finished_at is not None
        (message,) = Notification.objects.filter(user=user, kind__contains=".evaluation.")
        assert "is done" in message.text
        assert message.url == reverse("challenges:evaluation", args=[evaluation.pk])
        assert go_on(evaluation) == State.SUCCEEDED

    def test_the_end_of_a_job_sends_for_the_next_step(
        self, evaluation: Evaluation, django_capture_on_commit_callbacks: Any
    ) -> None:
        go_on(evaluation)
        before = sent("evaluations").count([str(evaluation.pk)])
        with django_capture_on_commit_callbacks(execute=True):
            succeed(evaluation.cases.all()[0].job)
        assert sent("evaluations").count([str(evaluation.pk)]) == before + 1

    @pytest.mark.django_db(transaction=True)
    def test_what_the_broker_forgot_is_sent_again(self) -> None:
        old, new = (make_submission(make_phase()).evaluations.get() for _ in range(2))
        done = make_evaluation(make_phase(), score=0.5)
        long_ago = timezone.now() - timedelta(minutes=5)
        Evaluation.objects.filter(pk__in=[old.pk, done.pk]).update(modified=long_ago)
        before = {str(row.pk): sent("evaluations").count([str(row.pk)]) for row in (old, new, done)}
        reconcile_evaluations()
        after = {pk: sent("evaluations").count([pk]) - count for pk, count in before.items()}
        assert list(after.values()) == [1, 0, 0]

    @pytest.mark.django_db
    def test_unknown_evaluations_are_nothing(self) -> None:
        advance(new_id())


class TestFailing:
    def test_the_first_case(self, evaluation: Evaluation, user: User) -> None:
        go_on(evaluation)
        case = evaluation.cases.all()[0]
        fail_job(case.job, reason="Secret: the nodule is at 3, 4, 5.")
        assert go_on(evaluation) == State.FAILED
        assert states(evaluation) == ["FAILED", None, None], "the rest is spared"
        assert evaluation.reason == "The algorithm failed on case 1 of the hidden test set."
        assert "Secret" in evaluation.organizer_reason
        assert case.item.title in evaluation.organizer_reason
        assert "failed" in Notification.objects.get(user=user, kind__contains=".evaluation.").text

    def test_a_later_case_stops_the_others(self, evaluation: Evaluation) -> None:
        go_on(evaluation)
        succeed(evaluation.cases.all()[0].job)
        go_on(evaluation)
        fail_job(evaluation.cases.all()[1].job)
        assert go_on(evaluation) == State.FAILED
        assert states(evaluation) == ["SUCCEEDED", "FAILED", "CANCELLED"]

    def test_a_later_case_that_runs_is_told_to_stop(self, evaluation: Evaluation) -> None:
        go_on(evaluation)
        succeed(evaluation.cases.all()[0].job)
        go_on(evaluation)
        running = evaluation.cases.all()[2].job
        assert running is not None
        take(running)
        fail_job(evaluation.cases.all()[1].job)
        go_on(evaluation)
        running.refresh_from_db()
        assert running.cancel_requested

    def test_a_job_that_was_cancelled(self, evaluation: Evaluation) -> None:
        go_on(evaluation)
        job = evaluation.cases.all()[0].job
        assert job is not None
        cancel_job(actor=None, job=job)
        assert go_on(evaluation) == State.FAILED

    def test_the_method(self, evaluation: Evaluation, user: User, client: Client) -> None:
        finish_cases(evaluation)
        evaluation.refresh_from_db()
        fail_job(evaluation.job, reason="KeyError: 'truth of case 2'")
        assert go_on(evaluation) == State.FAILED
        assert "truth of case 2" not in evaluation.reason
        assert "truth of case 2" in evaluation.organizer_reason
        address = reverse("challenges:evaluation", args=[evaluation.pk])
        client.force_login(user)
        assert "truth of case 2" not in client.get(address).content.decode()
        admin = evaluation.submission.phase.challenge.memberships.get(role="ADMIN").user
        client.force_login(admin)
        assert "truth of case 2" in client.get(address).content.decode()

    def test_a_case_without_the_input_that_is_wanted(self, phase: Phase, user: User) -> None:
        heatmap = ensure_socket(
            slug="heatmap-in", title="Heat map", kind="HMAP", relative_path="images/heatmap-in"
        )
        phase.inputs.add(heatmap)  # promised by the phase, missing in its cases
        algorithm = make_algorithm(editor=user, inputs=[heatmap])
        evaluation = make_submission(phase, creator=user, algorithm=algorithm).evaluations.get()
        assert go_on(evaluation) == State.FAILED
        assert "cannot be run" in evaluation.reason
        assert "Heat map" in evaluation.organizer_reason
        assert not Job.objects.exists()

    def test_a_method_that_was_retired_meanwhile(self, evaluation: Evaluation) -> None:
        go_on(evaluation)
        transition(evaluation.method.container_image, ContainerImage.State.RETIRED)
        finish_cases(evaluation)
        evaluation.refresh_from_db()
        assert evaluation.state == State.FAILED


class TestScores:
    @pytest.mark.parametrize(
        "metrics",
        [{}, {"aggregates": {}}, {"aggregates": {"dice": {"mean": "high"}}}, [], None, "x", True],
    )
    def test_missing_is_done_but_not_ranked(self, phase: Phase, user: User, metrics: Any) -> None:
        evaluation = make_submission(phase, creator=user).evaluations.get()
        finish_cases(evaluation)
        finish_method(evaluation, metrics)
        assert (evaluation.state, evaluation.score, evaluation.rank) == ("SUCCEEDED", None, None)
        assert evaluation.reason.startswith("Not ranked: metrics.json holds no")

    def test_no_metrics_at_all(self, evaluation: Evaluation) -> None:
        finish_cases(evaluation)
        evaluation.refresh_from_db()
        succeed(evaluation.job, output=False)
        assert go_on(evaluation) == State.SUCCEEDED
        assert evaluation.rank is None

    def test_participants_see_score_and_rank_and_no_metrics(
        self, phase: Phase, user: User, client: Client
    ) -> None:
        metrics = {"aggregates": {"dice": {"mean": 0.5}}, "secret-per-case": [1]}
        evaluation = make_evaluation(phase, creator=user, metrics=metrics)
        address = reverse("challenges:evaluation", args=[evaluation.pk])
        client.force_login(user)
        text = client.get(address).content.decode()
        assert "0.5000" in text
        assert "secret-per-case" not in text
        client.force_login(phase.challenge.memberships.get(role="ADMIN").user)
        assert "secret-per-case" in client.get(address).content.decode()


class TestCancelling:
    def test_with_its_jobs(self, evaluation: Evaluation, user: User) -> None:
        go_on(evaluation)
        succeed(evaluation.cases.all()[0].job)
        go_on(evaluation)
        cancel_evaluation(actor=user, evaluation=evaluation)
        evaluation.refresh_from_db()
        assert evaluation.state == State.CANCELLED
        assert states(evaluation) == ["SUCCEEDED", "CANCELLED", "CANCELLED"]
        assert go_on(evaluation) == State.CANCELLED

    def test_while_it_is_scored(self, evaluation: Evaluation, user: User) -> None:
        finish_cases(evaluation)
        cancel_evaluation(actor=user, evaluation=evaluation)
        evaluation.refresh_from_db()
        assert evaluation.job is not None
        assert evaluation.job.state == Job.State.CANCELLED

    def test_not_once_it_is_done(self, phase: Phase, user: User, client: Client) -> None:
        evaluation = make_evaluation(phase, creator=user, score=0.5)
        with pytest.raises(TransitionNotAllowed):
            cancel_evaluation(actor=user, evaluation=evaluation)
        client.force_login(user)
        response = client.post(reverse("challenges:cancel_evaluation", args=[evaluation.pk]))
        assert response.status_code == 409
        evaluation.refresh_from_db()
        assert evaluation.rank == 1
