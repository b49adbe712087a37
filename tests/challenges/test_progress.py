"""Where an evaluation stands while it is under way, on its page and by the API."""

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.challenges.models import Evaluation
from app.challenges.progress import progress_of
from app.challenges.services.evaluations import advance
from tests.factories.challenges import (
    make_challenge,
    make_phase,
    make_submission,
    succeed,
    take,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def evaluation(user: User) -> Evaluation:
    phase = make_phase(make_challenge(participants=(user,)), cases=3)
    found: Evaluation = make_submission(phase, creator=user).evaluations.get()
    advance(found.pk)
    return found


def shown(user: User, evaluation: Evaluation) -> dict[str, object]:
    client = Client()
    client.force_login(user)
    found: dict[str, object] = client.get(
        reverse("api:evaluation-progress", args=[evaluation.pk])
    ).json()
    return found


def test_the_place_in_the_line(evaluation: Evaluation, user: User) -> None:
    found = shown(user, evaluation)
    assert (found["state"], found["queue_place"]) == ("RUNNING_CASES", 1)
    assert (found["cases_done"], found["cases_total"]) == (0, 3)
    assert found["waiting_for"] == "Waiting for a worker"


def test_cases_done(evaluation: Evaluation, user: User) -> None:
    succeed(evaluation.cases.all()[0].job)
    assert shown(user, evaluation)["cases_done"] == 1


def test_no_place_while_something_runs(evaluation: Evaluation, user: User) -> None:
    job = evaluation.cases.all()[0].job
    assert job is not None
    take(job)
    assert shown(user, evaluation)["queue_place"] is None


def test_the_page_says_so(evaluation: Evaluation, user: User) -> None:
    client = Client()
    client.force_login(user)
    page = client.get(reverse("challenges:evaluation", args=[evaluation.pk])).content.decode()
    assert f"/ws/evaluations/{evaluation.pk}/" in page
    assert "Waiting for a worker" in page


def test_nothing_waits_at_the_end(evaluation: Evaluation) -> None:
    Evaluation.objects.filter(pk=evaluation.pk).update(state="CANCELLED")
    evaluation.refresh_from_db()
    assert progress_of(evaluation).place is None
