"""Handing in: who, what, how often, and into which phase."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from algorithms.selectors import interface_of
from app.accounts.models import User
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.readiness import readiness_of
from app.challenges.services import cancel_evaluation, submit_algorithm
from app.challenges.services.evaluations import advance
from app.challenges.standing import standing_of
from app.core.errors import Conflict, LimitReached, NotFound, ValidationFailed
from app.execution.models import ContainerImage
from app.sockets.selectors import medical_image_socket
from app.sockets.services import ensure_socket
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_version
from tests.factories.archives import make_archive, make_item
from tests.factories.challenges import (
    fail_job,
    make_challenge,
    make_ground_truth,
    make_method,
    make_phase,
    make_submission,
)

A_YEAR_AGO = timezone.now() - timedelta(days=365)
pytestmark = pytest.mark.django_db


def submissions_left(user: User, phase: Phase) -> int | None:
    return standing_of(user, phase).left


def fail(submission: Submission) -> None:
    evaluation = submission.evaluations.get()
    advance(evaluation.pk)
    fail_job(evaluation.cases.all()[0].job)
    advance(evaluation.pk)


def test_accepted_and_evaluated_case_by_case(user: User) -> None:
    phase = make_phase(cases=3)
    submission = make_submission(phase, creator=user)
    evaluation = submission.evaluations.get()
    assert (submission.state, evaluation.state) == ("ACCEPTED", "QUEUED")
    items = list(phase.archive.items.order_by("created"))
    assert [case.item for case in evaluation.cases.all()] == items
    assert [case.order for case in evaluation.cases.all()] == [1, 2, 3]


def test_later_cases_are_not_of_an_earlier_evaluation(user: User) -> None:
    phase = make_phase(cases=1)
    evaluation = make_submission(phase, creator=user).evaluations.get()
    make_item(phase.archive, title="Later")
    assert evaluation.cases.count() == 1


class TestLimits:
    def test_as_many_as_allowed(self, user: User) -> None:
        phase = make_phase(limit_successful=2)
        for left in (2, 1):
            assert submissions_left(user, phase) == left
            make_submission(phase, creator=user)
        with pytest.raises(LimitReached):
            make_submission(phase, creator=user)
        assert Submission.objects.count() == 2

    def test_others_and_other_phases_do_not_count(self, user: User, stranger: User) -> None:
        phase, other = make_phase(limit_successful=1), make_phase(limit_successful=1)
        make_submission(phase, creator=user)
        make_submission(phase, creator=stranger)
        make_submission(other, creator=user)

    def test_failed_and_cancelled_ones_do_not_count(self, user: User) -> None:
        phase = make_phase(limit_successful=1)
        fail(make_submission(phase, creator=user))
        cancelled = make_submission(phase, creator=user).evaluations.get()
        cancel_evaluation(actor=user, evaluation=cancelled)
        make_submission(phase, creator=user)
        assert submissions_left(user, phase) == 0

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_do_not_share_the_last_one(self) -> None:
        user, phase = UserFactory(), make_phase(limit_successful=1)
        algorithms = [make_algorithm(editor=user) for _ in range(2)]
        start, outcomes = Barrier(2), []

        def hand_in(number: int) -> None:
            start.wait(timeout=20)
            try:
                submit_algorithm(actor=user, phase=phase, algorithm=algorithms[number])
                outcomes.append("taken")
            except LimitReached:
                outcomes.append("limit")
            finally:
                connection.close()

        threads = [Thread(target=hand_in, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(outcomes) == ["limit", "taken"]


class TestPhases:
    def test_closed(self, user: User) -> None:
        with pytest.raises(Conflict, match="takes no submissions"):
            make_submission(make_phase(closes_at=timezone.now(), opens_at=A_YEAR_AGO), creator=user)

    def test_not_ready_says_what_is_missing(self, user: User) -> None:
        phase = make_phase(ready=False, cases=0)
        assert len(readiness_of(phase).missing) == 3
        with pytest.raises(Conflict, match="not finished preparing"):
            make_submission(phase, creator=user)
        make_item(phase.archive)
        make_method(phase, state=ContainerImage.State.INVALID)
        make_ground_truth(phase)
        assert len(readiness_of(phase).missing) == 1
        with pytest.raises(Conflict):
            make_submission(phase, creator=user)
        make_method(phase)
        assert readiness_of(phase).ready
        make_submission(phase, creator=user)

    def test_the_newest_method_and_truth_are_used(self, user: User) -> None:
        phase = make_phase()
        method, truth = make_method(phase), make_ground_truth(phase)
        make_method(phase, state=ContainerImage.State.VALIDATING)
        evaluation = make_submission(phase, creator=user).evaluations.get()
        assert (evaluation.method, evaluation.ground_truth) == (method, truth)


class TestAlgorithms:
    def test_the_same_container_once(self, user: User) -> None:
        phase = make_phase()
        algorithm = make_algorithm(editor=user)
        make_submission(phase, creator=user, algorithm=algorithm)
        with pytest.raises(ValidationFailed) as raised:
            make_submission(phase, creator=user, algorithm=algorithm)
        assert "already handed in" in raised.value.fields["algorithm"][0]
        make_version(algorithm)
        make_submission(phase, creator=user, algorithm=algorithm)
        make_submission(make_phase(), creator=user, algorithm=algorithm)

    def test_the_same_container_by_somebody_else(self, user: User, stranger: User) -> None:
        phase = make_phase()
        algorithm = make_algorithm(editor=user)
        make_submission(phase, creator=user, algorithm=algorithm)
        copy = make_algorithm(editor=stranger, versions=0)
        digest = algorithm.versions.get().container_image.digest
        make_version(copy, digest=digest)
        with pytest.raises(ValidationFailed):
            make_submission(phase, creator=stranger, algorithm=copy)

    def test_again_after_a_failure(self, user: User) -> None:
        phase = make_phase()
        algorithm = make_algorithm(editor=user)
        fail(make_submission(phase, creator=user, algorithm=algorithm))
        make_submission(phase, creator=user, algorithm=algorithm)

    def test_somebody_else_s_is_not_there(self, user: User, stranger: User) -> None:
        algorithm = make_algorithm(editor=stranger, members={"USER": user}, public=True)
        with pytest.raises(NotFound):
            make_submission(make_phase(), creator=user, algorithm=algorithm)

    def test_without_a_version_that_runs(self, user: User) -> None:
        algorithm = make_algorithm(editor=user, versions=0)
        make_version(algorithm, state=ContainerImage.State.INVALID)
        with pytest.raises(ValidationFailed):
            make_submission(make_phase(), creator=user, algorithm=algorithm)

    def test_the_newest_ready_version_is_taken(self, user: User) -> None:
        algorithm = make_algorithm(editor=user, versions=2)
        make_version(algorithm, state=ContainerImage.State.INVALID)
        submission = make_submission(make_phase(), creator=user, algorithm=algorithm)
        assert submission.version.number == 2

    def test_without_the_output_that_is_wanted(self, user: User) -> None:
        text = ensure_socket(slug="t", title="Text", kind="STR", relative_path="text.json")
        algorithm = make_algorithm(editor=user, inputs=[medical_image_socket()], outputs=[text])
        with pytest.raises(ValidationFailed) as raised:
            make_submission(make_phase(), creator=user, algorithm=algorithm)
        assert "Segmentation" in raised.value.fields["algorithm"][0]


class TestPage:
    def test_refusals_stand_on_the_form(self, signed_in: Client, user: User) -> None:
        phase = make_phase(make_challenge(participants=(user,)), limit_successful=1)
        algorithm = make_algorithm(editor=user)
        address = reverse("challenges:submit", args=[phase.pk])
        response = signed_in.post(address, {"algorithm": algorithm.pk, "comment": "First"})
        evaluation = Evaluation.objects.get()
        assert response["Location"] == reverse("challenges:evaluation", args=[evaluation.pk])
        response = signed_in.post(address, {"algorithm": algorithm.pk, "comment": "Kept"})
        assert response.status_code == 200
        assert (
            b"You have used all successful submissions of this phase: 1 in the whole phase."
            in response.content
        )
        assert b"Kept" in response.content
        assert Submission.objects.count() == 1

    def test_only_own_algorithms_are_offered(
        self, signed_in: Client, user: User, stranger: User
    ) -> None:
        phase = make_phase(make_challenge(participants=(user,)))
        other = make_algorithm(editor=stranger, public=True)
        response = signed_in.post(
            reverse("challenges:submit", args=[phase.pk]), {"algorithm": other.pk}
        )
        assert response.status_code == 200
        assert not Submission.objects.exists()


def test_organizers_choose_only_archives_of_their_own(
    signed_in: Client, user: User, stranger: User
) -> None:
    challenge = make_challenge(admin=user)
    foreign = make_archive(editor=stranger, members={"USER": user}, public=True)
    data = {
        "title": "Final",
        "archive": foreign.pk,
        "score_title": "Dice",
        "score_path": "a.b",
        "direction": "HIGHER",
        "limit_successful": 3,
    }
    address = reverse("challenges:create_phase", args=[challenge.pk])
    assert signed_in.post(address, data).status_code == 200
    assert not challenge.phases.exists()
    data["archive"] = make_archive(editor=user).pk
    assert signed_in.post(address, data).status_code == 302
    assert signed_in.post(address, data).status_code == 200, "a title stands once per challenge"
    assert challenge.phases.count() == 1


class TestFit:
    def test_an_input_that_the_phase_does_not_give_is_named(self, user: User) -> None:
        phase = make_phase()
        algorithm = make_algorithm(editor=user)
        extra = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
        interface_of(algorithm).inputs.add(extra)
        with pytest.raises(ValidationFailed) as caught:
            submit_algorithm(actor=user, phase=phase, algorithm=algorithm)
        assert "Age" in caught.value.fields["algorithm"][0]
        phase.inputs.add(extra)
        submit_algorithm(actor=user, phase=phase, algorithm=algorithm)

    def test_any_image_fills_an_image_input(self, user: User) -> None:
        algorithm = make_algorithm(editor=user)
        own = ensure_socket(slug="ct", title="CT", kind="IMG", relative_path="images/ct")
        interface_of(algorithm).inputs.set([own])
        submit_algorithm(actor=user, phase=make_phase(), algorithm=algorithm)

    def test_an_evaluation_without_a_score_does_not_count(self, user: User) -> None:
        phase = make_phase(limit_successful=1)
        evaluation = make_submission(phase, creator=user).evaluations.get()
        Evaluation.objects.filter(pk=evaluation.pk).update(state=Evaluation.State.SUCCEEDED)
        assert submissions_left(user, phase) == 1
        Evaluation.objects.filter(pk=evaluation.pk).update(score=0.5)
        assert submissions_left(user, phase) == 0
