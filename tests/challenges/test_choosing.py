"""Choosing the result that counts: by page and by API, by whom it stands for, in time."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.selectors import leaderboard_for
from app.challenges.services.leaderboard import rerank
from tests.factories.accounts import UserFactory
from tests.factories.challenges import (
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
)
from tests.factories.teams import make_team

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def phase(user: User) -> Phase:
    return make_phase(make_challenge(participants=(user,), team_size=3), counts="CHOSEN")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, phase: Phase) -> str:
    address = reverse("challenges:submissions", args=[phase.pk])
    return signed_in(user).get(address).content.decode()


def choose(user: User, submission: Submission) -> int:
    address = reverse("challenges:choose_submission", args=[submission.pk])
    return signed_in(user).post(address).status_code


def board(phase: Phase) -> list[float | None]:
    return list(leaderboard_for(phase).values_list("score", flat=True))


def test_the_chosen_result_stands_on_the_leaderboard(phase: Phase, user: User) -> None:
    low, high = (make_evaluation(phase, score=score, creator=user) for score in (0.4, 0.8))
    assert page(user, phase).count("Choose as final") == 2
    assert choose(user, low.submission) == 302
    assert board(phase) == [0.4]
    shown = page(user, phase)
    assert (shown.count("Choose as final"), shown.count("<strong>Chosen</strong>")) == (1, 1)
    assert choose(user, high.submission) == 302
    assert board(phase) == [0.8]
    events = Event.objects.filter(name="challenges.submission.chosen")
    assert events.count() == 2


def test_by_the_api(phase: Phase, user: User) -> None:
    low, _ = (make_evaluation(phase, score=score, creator=user) for score in (0.4, 0.8))
    client = signed_in(user)
    answer = client.post(reverse("api:submission-choose", args=[low.submission_id]))
    assert answer.status_code == 200
    assert answer.json()["chosen_at"]
    assert board(phase) == [0.4]


def test_only_whom_it_stands_for_chooses(phase: Phase, user: User) -> None:
    made = make_evaluation(phase, score=0.4, creator=user)
    admin = phase.challenge.memberships.get(role="ADMIN").user
    rival = make_submission(phase).creator
    assert [choose(one, made.submission) for one in (admin, rival, UserFactory())] == [404] * 3
    assert "Choose as final" not in page(admin, phase)


def test_a_member_chooses_for_the_team(phase: Phase, user: User) -> None:
    mate = UserFactory()
    make_team(phase.challenge, user, mate)
    made = make_evaluation(phase, score=0.4, creator=user)
    assert "Choose as final" in page(mate, phase)
    assert choose(mate, made.submission) == 302
    made.submission.refresh_from_db()
    assert made.submission.chosen_at is not None


def test_what_has_no_score_is_not_chosen(phase: Phase, user: User) -> None:
    waiting = make_submission(phase, creator=user)
    without = make_evaluation(phase, metrics={"other": 1}, creator=user)
    assert "Choose as final" not in page(user, phase)
    for submission in (waiting, without.submission):
        assert choose(user, submission) == 409
        submission.refresh_from_db()
        assert submission.chosen_at is None


def test_a_choice_that_lost_its_score_says_so_and_the_best_counts(phase: Phase, user: User) -> None:
    low, high = (make_evaluation(phase, score=score, creator=user) for score in (0.4, 0.8))
    choose(user, low.submission)
    assert "has no score any more" not in page(user, phase)
    Evaluation.objects.filter(pk=low.pk).update(metrics={"other": 1})
    rerank(phase)
    assert board(phase) == [high.score]
    assert "It has no score any more: another result counts." in page(user, phase)


def test_nobody_chooses_once_the_phase_is_closed(phase: Phase, user: User) -> None:
    low, high = (make_evaluation(phase, score=score, creator=user) for score in (0.4, 0.8))
    choose(user, low.submission)
    now = timezone.now()
    Phase.objects.filter(pk=phase.pk).update(opens_at=now - 2 * HOUR, closes_at=now - HOUR)
    assert choose(user, high.submission) == 409
    assert "Choose as final" not in page(user, phase)
    assert board(phase) == [0.4]


def test_nobody_chooses_where_another_rule_holds(phase: Phase, user: User) -> None:
    made = make_evaluation(phase, score=0.4, creator=user)
    Phase.objects.filter(pk=phase.pk).update(counts="BEST")
    assert choose(user, made.submission) == 409
    assert "Choose as final" not in page(user, phase)
