"""What a submission is held against: time, limits, grants, refunds, parent phase, resources."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from algorithms.models import Algorithm
from algorithms.selectors import interface_of
from algorithms.services.interfaces import add_interface
from app.accounts.models import User
from app.challenges.models import Challenge, Evaluation, Phase, Submission
from app.challenges.schedule import Status
from app.challenges.selectors import leaderboard_for
from app.challenges.services import (
    cancel_evaluation,
    create_phase,
    evaluate_again,
    grant_submissions,
    update_phase,
)
from app.challenges.services.entrants import entrant_of
from app.challenges.services.evaluations import advance
from app.challenges.standing import standing_of
from app.challenges.tasks import rank_due_phases
from app.core.errors import Conflict, LimitReached, NotFound, ValidationFailed
from app.execution.contract.limits import GIB, MIB
from app.execution.models import Job
from app.execution.services import job_limits
from app.execution.services.jobs import end_job
from app.notifications.models import Notification
from app.sockets.selectors import medical_image_socket, segmentation_socket
from app.sockets.services import ensure_socket
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm
from tests.factories.challenges import (
    fail_job,
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
    take,
)
from tests.factories.teams import make_team

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def challenge(user: User) -> Challenge:
    return make_challenge(participants=(user,))


def admin_of(phase: Phase) -> User:
    found: User = phase.challenge.memberships.get(role="ADMIN").user
    return found


def back_date(submission: Submission, by: timedelta) -> None:
    Submission.objects.filter(pk=submission.pk).update(created=timezone.now() - by)


def end_first_job(submission: Submission, code: str) -> None:
    """Let the first case's job fail for a reason of that kind."""
    evaluation = submission.evaluations.get()
    advance(evaluation.pk)
    job = evaluation.cases.all()[0].job
    take(job)
    end_job(job, Job.State.FAILED, reason="It failed.", reason_code=code)
    advance(evaluation.pk)


class TestTime:
    def test_not_before_it_opens_and_when_is_said(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, opens_at=timezone.now() + DAY)
        assert phase.status == Status.UPCOMING == challenge.status
        with pytest.raises(Conflict) as caught:
            make_submission(phase, creator=user)
        assert "It opens at" in caught.value.advice

    def test_a_draft_takes_nothing(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, opens_at=None)
        with pytest.raises(Conflict):
            make_submission(phase, creator=user)

    def test_a_submission_that_was_taken_is_evaluated_after_the_end(
        self, challenge: Challenge, user: User
    ) -> None:
        phase = make_phase(challenge, opens_at=timezone.now() - DAY)
        submission = make_submission(phase, creator=user)
        update_phase(actor=admin_of(phase), phase=phase, closes_at=timezone.now())
        advance(submission.evaluations.get().pk)
        assert submission.evaluations.get().state == Evaluation.State.RUNNING_CASES

    def test_times_in_the_wrong_order_are_refused(self, challenge: Challenge) -> None:
        phase = make_phase(challenge)
        with pytest.raises(ValidationFailed) as caught:
            update_phase(actor=admin_of(phase), phase=phase, closes_at=phase.opens_at)
        assert set(caught.value.fields) == {"closes_at"}

    def test_frozen_results_are_ranked_when_it_closes(self, challenge: Challenge) -> None:
        now = timezone.now()
        phase = make_phase(challenge, opens_at=now - DAY)
        first = make_evaluation(phase, score=0.5)
        Evaluation.objects.filter(pk=first.pk).update(finished_at=now - 2 * HOUR)
        update_phase(actor=admin_of(phase), phase=phase, frozen_at=now - HOUR, closes_at=now + HOUR)
        better = make_evaluation(phase, score=0.9)
        assert (better.score, better.rank) == (0.9, None)
        assert "frozen" in better.reason
        assert [row.pk for row in leaderboard_for(phase)] == [first.pk]
        rank_due_phases()
        assert leaderboard_for(phase).count() == 1, "not yet"
        past = now - timedelta(minutes=1)
        Phase.objects.filter(pk=phase.pk).update(closes_at=past, ranked_at=past - HOUR)
        rank_due_phases()
        assert [row.pk for row in leaderboard_for(phase)] == [better.pk, first.pk]


class TestLimits:
    def test_in_some_days_and_the_next_time_is_said(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, limit_successful=1, limit_successful_days=1)
        back_date(make_submission(phase, creator=user), DAY - 3 * HOUR)
        with pytest.raises(LimitReached) as caught:
            make_submission(phase, creator=user)
        assert "1 in 24 h" in caught.value.message
        assert "You may submit again in 3 h, at " in caught.value.advice
        assert caught.value.data["next_at"]
        Submission.objects.update(created=timezone.now() - DAY)
        make_submission(phase, creator=user)

    def test_attempts_count_where_successes_do_not(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, limit_successful=5, limit_attempted=2)
        for _ in range(2):
            end_first_job(make_submission(phase, creator=user), "container")
        found = standing_of(user, phase)
        assert (found.allowances["successful"].left, found.allowances["attempted"].left) == (5, 0)
        with pytest.raises(LimitReached, match="all attempted submissions"):
            make_submission(phase, creator=user)

    def test_without_limits_there_are_none(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, limit_successful=None)
        make_submission(phase, creator=user)
        assert standing_of(user, phase).left is None


class TestUnderWay:
    def test_no_more_at_once_and_what_to_wait_for_is_said(
        self, challenge: Challenge, user: User
    ) -> None:
        phase = make_phase(challenge, limit_under_way=2)
        first = make_submission(phase, creator=user)
        assert standing_of(user, phase).may_submit
        make_submission(phase, creator=user)
        assert not standing_of(user, phase).may_submit
        with pytest.raises(LimitReached) as caught:
            make_submission(phase, creator=user)
        assert "at most 2 at a time" in caught.value.message
        assert "when one of them has ended" in caught.value.advice
        end_first_job(first, "container")
        make_submission(phase, creator=user)

    def test_whoever_cancels_one_may_go_on(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, limit_under_way=1)
        evaluation = make_submission(phase, creator=user).evaluations.get()
        cancel_evaluation(actor=user, evaluation=evaluation)
        make_submission(phase, creator=user)

    def test_a_team_has_one_and_others_and_other_phases_have_theirs(
        self, challenge: Challenge, user: User, stranger: User
    ) -> None:
        phase, other = (make_phase(challenge, limit_under_way=1) for _ in range(2))
        mate = UserFactory()
        make_team(challenge, user, mate)
        make_submission(phase, creator=user)
        with pytest.raises(LimitReached, match="Your team"):
            make_submission(phase, creator=mate)
        make_submission(phase, creator=stranger)
        make_submission(other, creator=mate)

    def test_what_organizers_evaluate_again_holds_nobody_up(
        self, challenge: Challenge, user: User
    ) -> None:
        phase = make_phase(challenge, limit_under_way=1)
        evaluation = make_evaluation(phase, creator=user, score=0.5)
        evaluate_again(actor=admin_of(phase), submission=evaluation.submission)
        make_submission(phase, creator=user)

    def test_organizers_may_do_without(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, limit_under_way=None, limit_successful=None)
        for _ in range(7):
            make_submission(phase, creator=user)
        assert standing_of(user, phase).may_submit

    def test_the_page_and_the_api_say_so(
        self, challenge: Challenge, user: User, signed_in: Client
    ) -> None:
        make_algorithm(editor=user)
        phase = make_phase(challenge, limit_under_way=1)
        make_submission(phase, creator=user)
        page = signed_in.get(reverse("challenges:submit", args=[phase.pk])).content.decode()
        assert "when one of them has ended" in page
        assert "at most 1 at a time: <strong>1 under way</strong>" in page
        found = signed_in.get(reverse("api:phase-standing", args=[phase.pk])).json()
        assert found["under_way"] == {"most": 1, "count": 1}
        assert (found["left"], found["may_submit"]) == (9, False)


class TestRefunds:
    @pytest.mark.parametrize(
        ("code", "refund", "left", "told"),
        [
            ("platform", "PLATFORM", 1, "The portal failed on case 1"),
            ("input", "ORGANIZER", 1, "could not be given to the algorithm"),
            ("container", "", 0, "The algorithm failed on case 1"),
        ],
    )
    def test_only_what_was_not_their_doing(
        self, challenge: Challenge, user: User, code: str, refund: str, left: int, told: str
    ) -> None:
        phase = make_phase(challenge, limit_attempted=1)
        submission = make_submission(phase, creator=user)
        end_first_job(submission, code)
        submission.refresh_from_db()
        assert submission.refund == refund
        assert standing_of(user, phase).allowances["attempted"].left == left
        reason = submission.evaluations.get().reason
        assert told in reason
        assert ("given back" in reason) == bool(refund)

    def test_cancelled_before_anything_ran(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, limit_attempted=1)
        evaluation = make_submission(phase, creator=user).evaluations.get()
        cancel_evaluation(actor=user, evaluation=evaluation)
        assert standing_of(user, phase).allowances["attempted"].left == 1

    def test_not_once_something_ran(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, limit_attempted=1)
        evaluation = make_submission(phase, creator=user).evaluations.get()
        advance(evaluation.pk)
        job = evaluation.cases.all()[0].job
        Job.objects.filter(pk=job.pk).update(started_at=timezone.now())
        cancel_evaluation(actor=user, evaluation=evaluation)
        assert standing_of(user, phase).allowances["attempted"].left == 0


class TestGrants:
    def test_more_for_one_alone(self, challenge: Challenge, user: User, stranger: User) -> None:
        phase = make_phase(challenge, limit_successful=1)
        make_submission(phase, creator=user)
        entrant = entrant_of(user, challenge)
        grant_submissions(
            actor=admin_of(phase), phase=phase, entrant=entrant, amount=1, reason="A typo of ours"
        )
        assert "A typo of ours" in Notification.objects.get(kind="challenges.grant.given").text
        assert standing_of(stranger, phase).left == 1
        make_submission(phase, creator=user)
        with pytest.raises(LimitReached):
            make_submission(phase, creator=user)

    def test_a_grant_goes_with_its_people(self, challenge: Challenge, user: User) -> None:
        phase, mate = make_phase(challenge, limit_successful=1), UserFactory()
        entrant = entrant_of(user, challenge)
        grant_submissions(
            actor=admin_of(phase), phase=phase, entrant=entrant, amount=2, reason="Fair"
        )
        make_team(challenge, user, mate)
        assert standing_of(mate, phase).left == 3

    def test_never_without_a_reason_or_across_challenges(
        self, challenge: Challenge, user: User
    ) -> None:
        phase, entrant = make_phase(challenge), entrant_of(user, challenge)
        admin = admin_of(phase)
        with pytest.raises(ValidationFailed):
            grant_submissions(actor=admin, phase=phase, entrant=entrant, amount=1, reason=" ")
        with pytest.raises(NotFound):
            grant_submissions(
                actor=admin, phase=make_phase(), entrant=entrant, amount=1, reason="x"
            )

    def test_on_its_page(self, user: User, client: Client) -> None:
        challenge = make_challenge(admin=user)
        phase = make_phase(challenge, limit_successful=1)
        submission = make_submission(phase)
        client.force_login(user)
        address = reverse("challenges:grants", args=[phase.pk])
        data = {"entrant": submission.entrant_id, "amount": 2, "reason": "The portal was slow"}
        assert client.post(address, data).status_code == 302
        assert b"The portal was slow" in client.get(address).content
        assert standing_of(submission.creator, phase).left == 2


class TestParents:
    def test_a_score_there_comes_first(self, challenge: Challenge, user: User) -> None:
        first = make_phase(challenge, limit_successful=None)
        second = make_phase(challenge, parent=first)
        with pytest.raises(Conflict, match="score in the phase"):
            make_submission(second, creator=user)
        end_first_job(make_submission(first, creator=user), "container")
        with pytest.raises(Conflict):
            make_submission(second, creator=user)
        make_evaluation(first, score=0.1, creator=user)
        make_submission(second, creator=user)

    def test_a_team_came_through_as_one(self, challenge: Challenge, user: User) -> None:
        first = make_phase(challenge)
        second, mate = make_phase(challenge, parent=first), UserFactory()
        make_evaluation(first, score=0.1, creator=user)
        make_team(challenge, user, mate)
        make_submission(second, creator=mate)

    def test_neither_in_circles_nor_from_elsewhere(self, challenge: Challenge) -> None:
        first = make_phase(challenge)
        second = make_phase(challenge, parent=first)
        actor = admin_of(first)
        for parent in (second, first, make_phase()):
            with pytest.raises(ValidationFailed):
                update_phase(actor=actor, phase=first, parent=parent)
        with pytest.raises(ValidationFailed):
            create_phase(
                actor=actor,
                challenge=challenge,
                archive=first.archive,
                title="Third",
                parent=make_phase(),
            )


class TestResources:
    def test_every_job_gets_what_the_phase_says(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, memory_mb=1024, time_limit=120, cpus=1)
        evaluation = make_submission(phase, creator=user).evaluations.get()
        advance(evaluation.pk)
        job = evaluation.cases.all()[0].job
        assert job is not None
        limits = job_limits(job)
        assert (limits.memory, limits.wall_clock, limits.cpus) == (GIB, 120.0, 1.0)
        assert limits.gpus == 0

    def test_who_needs_more_is_told_at_once(self, challenge: Challenge, user: User) -> None:
        phase = make_phase(challenge, memory_mb=512)
        algorithm = make_algorithm(editor=user)
        Algorithm.objects.filter(pk=algorithm.pk).update(memory_mb=1024)
        algorithm.refresh_from_db()
        with pytest.raises(ValidationFailed) as caught:
            make_submission(phase, creator=user, algorithm=algorithm)
        assert "1 GiB of memory, and the phase gives 512 MiB" in caught.value.fields["algorithm"][0]

    def test_without_a_word_the_algorithm_s_own_hold(
        self, challenge: Challenge, user: User
    ) -> None:
        algorithm = make_algorithm(editor=user)
        Algorithm.objects.filter(pk=algorithm.pk).update(memory_mb=600)
        algorithm.refresh_from_db()
        submission = make_submission(make_phase(challenge), creator=user, algorithm=algorithm)
        evaluation = submission.evaluations.get()
        advance(evaluation.pk)
        job = evaluation.cases.all()[0].job
        assert job is not None
        assert job_limits(job).memory == 600 * MIB


def test_the_interface_that_fits_is_run(challenge: Challenge, user: User) -> None:
    algorithm = make_algorithm(editor=user)
    extra = ensure_socket(slug="age", title="Age", kind="INT", relative_path="age.json")
    interface_of(algorithm).inputs.add(extra)
    fitting = add_interface(
        actor=user,
        algorithm=algorithm,
        inputs=[medical_image_socket()],
        outputs=[segmentation_socket()],
    )
    submission = make_submission(make_phase(challenge), creator=user, algorithm=algorithm)
    assert submission.interface == fitting
    evaluation = submission.evaluations.get()
    advance(evaluation.pk)
    job = evaluation.cases.all()[0].job
    assert job is not None
    assert job.algorithm_run.interface == fitting


class TestPage:
    def test_it_states_everything(
        self, challenge: Challenge, user: User, signed_in: Client
    ) -> None:
        make_algorithm(editor=user)
        first = make_phase(challenge, title="Preliminary")
        phase = make_phase(
            challenge,
            parent=first,
            limit_successful=2,
            limit_successful_days=7,
            limit_attempted=9,
            memory_mb=1024,
            time_limit=120,
            gpus=0,
            closes_at=timezone.now() + DAY,
        )
        page = signed_in.get(reverse("challenges:submit", args=[phase.pk])).content.decode()
        for said in (
            "You need a score in",
            "2 in any 7 days: 0 used, <strong>2 left</strong>",
            "9 in the whole phase",
            "1 GiB",
            "2 min",
            "Medical image",
            "yourself, alone",
        ):
            assert said in page, said

    def test_organizers_set_everything_that_it_states(self, challenge: Challenge) -> None:
        phase = make_phase(challenge)
        client = Client()
        client.force_login(admin_of(phase))
        page = client.get(reverse("challenges:edit_phase", args=[phase.pk])).content.decode()
        for name in (
            *("opens_at", "closes_at", "frozen_at", "parent"),
            *("limit_successful", "limit_successful_days"),
            *("limit_attempted", "limit_attempted_days", "limit_under_way"),
            *("gpus", "gpu_memory_mb", "cpus", "memory_mb", "time_limit"),
        ):
            assert f'name="{name}"' in page, name

    def test_the_next_time_stands_there(
        self, challenge: Challenge, user: User, signed_in: Client
    ) -> None:
        make_algorithm(editor=user)
        phase = make_phase(challenge, limit_successful=1, limit_successful_days=1)
        back_date(make_submission(phase, creator=user), DAY - 3 * HOUR)
        address = reverse("challenges:submit", args=[phase.pk])
        assert "You may submit again in 3 h, at " in signed_in.get(address).content.decode()
        update_phase(actor=admin_of(phase), phase=phase, closes_at=timezone.now() + HOUR)
        assert "closes before you may submit again" in signed_in.get(address).content.decode()


def test_a_failure_names_no_second_reason(challenge: Challenge, user: User) -> None:
    phase = make_phase(challenge)
    submission = make_submission(phase, creator=user)
    advance(submission.evaluations.get().pk)
    fail_job(submission.evaluations.get().cases.all()[0].job)
    advance(submission.evaluations.get().pk)
    submission.refresh_from_db()
    assert submission.refund == ""
