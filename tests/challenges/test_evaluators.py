"""External evaluators: what they see of a challenge, and what stays hidden from them."""

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import grant_role, revoke_role
from app.challenges.models import Evaluation
from app.challenges.policies import CHALLENGES, EVALUATIONS, SUBMISSIONS
from app.images.models import Image
from archives.policies import ARCHIVES
from tests.factories.challenges import make_challenge, make_evaluation, make_phase, make_submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def evaluator(stranger: User) -> User:
    return stranger


@pytest.fixture
def evaluation(user: User, evaluator: User) -> Evaluation:
    phase = make_phase(make_challenge(admin=user), cases=1)
    grant_role(CHALLENGES, actor=user, obj=phase.challenge, user=evaluator, role="EVALUATOR")
    return make_evaluation(phase, score=0.5)


@pytest.fixture
def client(evaluator: User) -> Client:
    found = Client()
    found.force_login(evaluator)
    return found


def test_phases_submissions_and_evaluations_are_seen(
    client: Client, evaluation: Evaluation
) -> None:
    phase = evaluation.submission.phase
    for route, pk in (
        ("challenges:detail", phase.challenge.pk),
        ("challenges:phase", phase.pk),
        ("challenges:submissions", phase.pk),
        ("challenges:evaluation", evaluation.pk),
        ("api:submission-detail", evaluation.submission.pk),
        ("api:evaluation-detail", evaluation.pk),
    ):
        assert client.get(reverse(route, args=[pk])).status_code == 200, route
    page = client.get(reverse("challenges:submissions", args=[phase.pk])).content.decode()
    assert evaluation.submission.version.algorithm.title in page


def test_evaluations_can_be_claimed_and_containers_taken(
    evaluator: User, evaluation: Evaluation
) -> None:
    assert EVALUATIONS.allows(evaluator, evaluation, "claim")
    assert SUBMISSIONS.allows(evaluator, evaluation.submission, "download")
    creator = evaluation.submission.creator
    assert not EVALUATIONS.allows(creator, evaluation, "claim")
    assert not SUBMISSIONS.allows(creator, evaluation.submission, "download")


def test_what_organizers_alone_see_stays_theirs(
    client: Client, evaluator: User, evaluation: Evaluation
) -> None:
    phase = evaluation.submission.phase
    for route, pk in (
        ("challenges:edit", phase.challenge.pk),
        ("challenges:people", phase.challenge.pk),
        ("challenges:setup_phase", phase.pk),
        ("challenges:edit_phase", phase.pk),
        ("challenges:add_ground_truth", phase.pk),
        ("challenges:submit", phase.pk),
        ("archives:detail", phase.archive.pk),
    ):
        assert client.get(reverse(route, args=[pk])).status_code == 404, route
    assert not ARCHIVES.visible_to(evaluator).exists()
    assert not Image.objects.visible_to(evaluator).exists()
    body = client.get(reverse("api:evaluation-detail", args=[evaluation.pk])).json()
    assert (body["metrics"], body["organizer_reason"]) == (None, "")
    phase.archive.items.update(title="Thorax 31")
    page = client.get(reverse("challenges:evaluation", args=[evaluation.pk])).content.decode()
    assert "metrics.json" not in page
    assert "Thorax 31" not in page


def test_evaluators_cancel_nothing(client: Client, user: User, evaluator: User) -> None:
    phase = make_phase(make_challenge(admin=user))
    grant_role(CHALLENGES, actor=user, obj=phase.challenge, user=evaluator, role="EVALUATOR")
    waiting = make_submission(phase).evaluations.get()
    page = client.get(reverse("challenges:evaluation", args=[waiting.pk])).content.decode()
    assert "Stop this evaluation?" not in page
    address = reverse("challenges:cancel_evaluation", args=[waiting.pk])
    assert client.post(address).status_code == 404
    waiting.refresh_from_db()
    assert not waiting.is_finished


def test_one_challenge_only(evaluator: User, evaluation: Evaluation) -> None:
    make_evaluation(make_phase(), score=0.4)
    assert list(EVALUATIONS.visible_to(evaluator)) == [evaluation]
    challenge = evaluation.submission.phase.challenge
    revoke_role(CHALLENGES, actor=None, obj=challenge, user=evaluator)
    assert not EVALUATIONS.visible_to(evaluator).exists()


def test_the_people_page_offers_the_role(user: User, evaluation: Evaluation) -> None:
    admin = Client()
    admin.force_login(user)
    challenge = evaluation.submission.phase.challenge
    page = admin.get(reverse("challenges:people", args=[challenge.pk])).content.decode()
    assert '<option value="EVALUATOR">External evaluator</option>' in page
    assert "External evaluator" in page
