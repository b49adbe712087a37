"""Evaluating again: what ran is not run twice, and what changed is."""

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.selectors import outdated_submissions
from app.challenges.services import cancel_evaluation, evaluate_again, evaluate_phase_again
from app.challenges.services.evaluations import advance
from app.challenges.standing import standing_of
from app.core.errors import Conflict
from app.execution.models import Job
from app.sockets.selectors import medical_image_socket
from app.sockets.services import image_value
from archives.models import ArchiveItem
from tests.factories.algorithms import make_model
from tests.factories.archives import make_item
from tests.factories.challenges import (
    fail_job,
    finish_cases,
    finish_method,
    make_challenge,
    make_evaluation,
    make_ground_truth,
    make_method,
    make_phase,
    make_submission,
    succeed,
)
from tests.factories.images import make_image

pytestmark = pytest.mark.django_db
SCORES = {"aggregates": {"dice": {"mean": 0.25}}}


@pytest.fixture
def phase(user: User) -> Phase:
    return make_phase(make_challenge(admin=user), cases=3)


@pytest.fixture
def first(phase: Phase) -> Evaluation:
    return make_evaluation(phase, score=0.5)


def runs() -> int:
    """How many containers were asked for to run cases."""
    return Job.objects.filter(kind="challenge-case").count()


def states(evaluation: Evaluation) -> list[str]:
    return list(evaluation.cases.values_list("state", flat=True))


def again(first: Evaluation, actor: User) -> Evaluation:
    return evaluate_again(actor=actor, submission=first.submission, cause="Corrected")


def test_new_ground_truth_runs_no_case_again(first: Evaluation, phase: Phase, user: User) -> None:
    truth, before = make_ground_truth(phase), runs()
    second = again(first, user)
    assert states(second) == ["REUSED"] * 3
    assert [c.job_id for c in second.cases.all()] == [c.job_id for c in first.cases.all()]
    advance(second.pk)
    second.refresh_from_db()
    assert (second.state, second.ground_truth) == ("EVALUATING", truth)
    finish_method(second, SCORES)
    first.refresh_from_db()
    assert (second.state, second.score, second.rank) == ("SUCCEEDED", 0.25, 1)
    assert first.rank is None, "the newest finished evaluation counts"
    assert runs() == before
    assert Job.objects.filter(kind="evaluation").count() == 2


def test_new_method_is_the_one_that_runs(first: Evaluation, phase: Phase, user: User) -> None:
    method = make_method(phase)
    second = again(first, user)
    advance(second.pk)
    second.refresh_from_db()
    assert second.job is not None
    assert second.job.container_image == method.container_image


def test_a_third_time_takes_the_same_jobs(first: Evaluation, user: User) -> None:
    second = again(first, user)
    advance(second.pk)
    finish_method(second, SCORES)
    third = again(first, user)
    assert states(third) == ["REUSED"] * 3


def test_the_rank_stays_until_the_new_score_is_there(first: Evaluation, user: User) -> None:
    second = again(first, user)
    advance(second.pk)
    second.refresh_from_db()
    fail_job(second.job)
    advance(second.pk)
    first.refresh_from_db()
    assert first.rank == 1


def test_only_what_changed_runs(first: Evaluation, phase: Phase, user: User) -> None:
    item: ArchiveItem = first.cases.all()[1].item
    item.values.set([image_value(socket=medical_image_socket(), image=make_image(name="New"))])
    make_item(phase.archive, title="Added")
    before = runs()
    second = again(first, user)
    assert states(second) == ["REUSED", "WAITING", "REUSED", "WAITING"]
    advance(second.pk)
    assert runs() == before + 2
    for case in second.cases.filter(state="RUNNING"):
        succeed(case.job)
    advance(second.pk)
    assert states(second) == ["REUSED", "DONE", "REUSED", "DONE"]


def test_other_weights_run_everything(first: Evaluation, user: User) -> None:
    make_model(first.submission.version.algorithm)
    assert states(again(first, user)) == ["WAITING"] * 3


def test_failed_cases_run_again(phase: Phase, user: User) -> None:
    submission = make_submission(phase)
    failed = submission.evaluations.get()
    advance(failed.pk)
    succeed(failed.cases.all()[0].job)
    advance(failed.pk)
    fail_job(failed.cases.all()[1].job)
    advance(failed.pk)
    second = evaluate_again(actor=user, submission=submission)
    assert states(second) == ["REUSED", "WAITING", "WAITING"]


def test_cancelling_leaves_what_was_taken_over(first: Evaluation, user: User) -> None:
    second = again(first, user)
    cancel_evaluation(actor=user, evaluation=second)
    assert states(second) == ["REUSED"] * 3
    assert {case.job.state for case in first.cases.all() if case.job} == {"SUCCEEDED"}


def test_not_twice_at_once(first: Evaluation, user: User) -> None:
    again(first, user)
    with pytest.raises(Conflict):
        again(first, user)


def test_the_whole_phase(first: Evaluation, phase: Phase, user: User) -> None:
    make_evaluation(phase, score=0.4)
    waiting = make_submission(phase)
    assert outdated_submissions(phase) == 0
    make_ground_truth(phase)
    assert outdated_submissions(phase) == 2
    made = evaluate_phase_again(actor=user, phase=phase, cause="Corrected")
    assert len(made) == 2
    assert waiting.evaluations.count() == 1, "it is being evaluated as it is"


def test_evaluating_again_costs_participants_nothing(first: Evaluation, user: User) -> None:
    phase, creator = first.submission.phase, first.submission.creator
    left = standing_of(creator, phase).left
    second = again(first, user)
    assert standing_of(creator, phase).left == left
    finish_cases(second)
    second.refresh_from_db()
    fail_job(second.job)
    advance(second.pk)
    assert standing_of(creator, phase).left == left, "the first evaluation still stands"


class TestPages:
    def test_organizers_ask_for_it(self, first: Evaluation, phase: Phase, user: User) -> None:
        client = Client()
        client.force_login(user)
        address = reverse("challenges:evaluate_again", args=[first.pk])
        client.post(address, {"cause": "Corrected reference"})
        second = first.submission.evaluations.exclude(pk=first.pk).get()
        page = client.get(reverse("challenges:evaluation", args=[second.pk])).content.decode()
        assert "Corrected reference" in page
        assert page.count("Re-used") == 3
        assert client.post(address).status_code == 409
        cancel_evaluation(actor=user, evaluation=second)
        client.post(reverse("challenges:evaluate_phase_again", args=[phase.pk]))
        assert first.submission.evaluations.count() == 3

    def test_participants_do_not(self, first: Evaluation) -> None:
        client = Client()
        client.force_login(first.submission.creator)
        for route, pk in (
            ("challenges:evaluate_again", first.pk),
            ("challenges:evaluate_phase_again", first.submission.phase_id),
            ("api:submission-evaluate-again", first.submission_id),
        ):
            assert client.post(reverse(route, args=[pk])).status_code == 404, route
        assert Submission.objects.get().evaluations.count() == 1
