"""What participants, organizers and authors live through: rights told without the table."""

import pytest
from django.test import Client
from django.urls import reverse

from algorithms.policies import ALGORITHMS
from app.accounts.models import User
from app.accounts.services import grant_role, revoke_role
from app.challenges.models import Evaluation, Submission
from app.challenges.policies import CHALLENGES
from app.execution.models import Job
from tests.api.conftest import Api
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive
from tests.factories.challenges import (
    make_challenge,
    make_evaluation,
    make_phase,
    make_submission,
)

pytestmark = pytest.mark.django_db


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_competitors_see_scores_and_not_each_other_s_evaluations(stranger: User) -> None:
    rival = UserFactory()
    phase = make_phase(make_challenge(participants=(stranger, rival)))
    evaluation = make_evaluation(phase, creator=rival, score=0.75)
    api = Api(stranger)
    api.get(f"evaluations/{evaluation.pk}/", status=404)
    assert api.get("submissions/")["results"] == []
    page = _client(stranger).get(reverse("challenges:phase", args=[phase.pk])).content.decode()
    assert "0.75" in page


def test_nobody_submits_the_algorithm_of_somebody_else(user: User, stranger: User) -> None:
    phase = make_phase(make_challenge(participants=(stranger,)))
    borrowed = make_algorithm(editor=user, members={"USER": stranger})
    body = {
        "phase": f"/api/v1/phases/{phase.pk}/",
        "algorithm": f"/api/v1/algorithms/{borrowed.pk}/",
    }
    answer = Api(stranger).call("POST", "submissions/", body)
    assert answer.status_code in (400, 404)
    assert not Submission.objects.exists()


def test_whoever_is_no_participant_does_not_submit(stranger: User) -> None:
    phase = make_phase(make_challenge(public=True))
    algorithm = make_algorithm(editor=stranger)
    address = reverse("challenges:submit", args=[phase.pk])
    assert _client(stranger).post(address, {"algorithm": algorithm.pk}).status_code == 404
    assert not Submission.objects.exists()


def test_a_participant_does_not_touch_the_phase(stranger: User) -> None:
    phase = make_phase(make_challenge(participants=(stranger,)))
    client = _client(stranger)
    for name in ("edit_phase", "setup_phase", "edit_ranking", "add_method", "add_ground_truth"):
        assert client.get(reverse(f"challenges:{name}", args=[phase.pk])).status_code == 404, name
    Api(stranger).patch(f"phases/{phase.pk}/", {"title": "Mine"}, status=404)
    phase.refresh_from_db()
    assert phase.title != "Mine"


def test_an_organizer_of_one_challenge_is_nobody_in_the_next(user: User, stranger: User) -> None:
    make_challenge(admin=stranger)
    evaluation = make_evaluation(make_phase(make_challenge(admin=user)), score=0.5)
    api = Api(stranger)
    api.get(f"evaluations/{evaluation.pk}/", status=404)
    api.get(f"phases/{evaluation.submission.phase_id}/", status=404)


def test_an_organizer_sees_every_evaluation_and_a_deposed_one_none(
    user: User, stranger: User
) -> None:
    challenge = make_challenge(admin=user)
    grant_role(CHALLENGES, actor=user, obj=challenge, user=stranger, role="ADMIN")
    evaluation = make_evaluation(make_phase(challenge), score=0.5)
    assert Api(stranger).get(f"evaluations/{evaluation.pk}/")["pk"] == str(evaluation.pk)
    revoke_role(CHALLENGES, actor=user, obj=challenge, user=stranger)
    Api(stranger).get(f"evaluations/{evaluation.pk}/", status=404)


def test_only_who_is_concerned_stops_an_evaluation(stranger: User) -> None:
    rival = UserFactory()
    phase = make_phase(make_challenge(participants=(stranger, rival)))
    waiting = make_submission(phase, creator=rival).evaluations.get()
    address = reverse("challenges:cancel_evaluation", args=[waiting.pk])
    assert _client(stranger).post(address).status_code == 404
    waiting.refresh_from_db()
    assert waiting.state == Evaluation.State.QUEUED


def test_a_users_job_is_stopped_by_its_user_alone(user: User, stranger: User) -> None:
    algorithm = make_algorithm(editor=user, members={"USER": stranger})
    item = make_archive(cases=1).items.get()
    job = make_run(algorithm, creator=stranger, item=item, state=Job.State.QUEUED).job
    assert Api(user).call("POST", f"algorithms/jobs/{job.pk}/cancel/").status_code == 404
    assert Api(UserFactory()).call("POST", f"algorithms/jobs/{job.pk}/cancel/").status_code == 404
    assert Api(stranger).call("POST", f"algorithms/jobs/{job.pk}/cancel/").status_code == 200
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_users_of_an_algorithm_do_not_see_each_other_s_runs(user: User, stranger: User) -> None:
    other = UserFactory()
    algorithm = make_algorithm(editor=user, members={"USER": stranger})
    grant_role(ALGORITHMS, actor=user, obj=algorithm, user=other, role="USER")
    job = make_run(algorithm, creator=other, item=make_archive(cases=1).items.get()).job
    api = Api(stranger)
    api.get(f"algorithms/jobs/{job.pk}/", status=404)
    assert api.call("GET", f"algorithms/jobs/{job.pk}/log/").status_code == 404
    assert api.get("algorithms/jobs/")["results"] == []


def test_a_user_does_not_add_a_version(user: User, stranger: User) -> None:
    algorithm = make_algorithm(editor=user, members={"USER": stranger})
    address = reverse("algorithms:add_version", args=[algorithm.pk])
    assert _client(stranger).get(address).status_code == 404
    Api(stranger).patch(f"algorithms/{algorithm.pk}/", {"title": "Mine"}, status=404)
    assert algorithm.versions.count() == 1
