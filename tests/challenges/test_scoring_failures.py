"""What organizers and participants are told of an evaluation container that failed."""

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.challenges.models import Evaluation
from app.challenges.services.evaluations import advance
from app.execution.models import Job
from tests.factories.challenges import (
    fail_job,
    finish_cases,
    make_challenge,
    make_phase,
    make_submission,
)

pytestmark = pytest.mark.django_db
LOG = "Traceback: no reference for “Case 7 of Ms Doe”"


@pytest.fixture
def failed(user: User) -> Evaluation:
    """An evaluation that ``user`` handed in; its container ended with exit code 41."""
    phase = make_phase(make_challenge(participants=(user,)))
    evaluation: Evaluation = make_submission(phase, creator=user).evaluations.get()
    finish_cases(evaluation)
    evaluation.refresh_from_db()
    assert evaluation.job is not None
    told = {"log": LOG, "log_size": len(LOG.encode()), "record": {"exit_code": 41}}
    Job.objects.filter(pk=evaluation.job.pk).update(**told)
    fail_job(Job.objects.get(pk=evaluation.job.pk), reason="KeyError: Ms Doe")
    advance(evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.state == Evaluation.State.FAILED
    return evaluation


def page(person: User, evaluation: Evaluation) -> str:
    client = Client()
    client.force_login(person)
    address = reverse("challenges:evaluation", args=[evaluation.pk])
    return client.get(address).content.decode()


def test_organizers_read_exit_code_and_log(failed: Evaluation) -> None:
    challenge = failed.submission.phase.challenge
    organizer = challenge.memberships.filter(role="ADMIN").get().user
    text = page(organizer, failed)
    assert LOG in text
    assert "Exit code 41." in text


def test_participants_read_the_general_reason_alone(failed: Evaluation, user: User) -> None:
    text = page(user, failed)
    assert "The evaluation failed" in text
    assert "Ms Doe" not in text
    assert "Traceback" not in text
    assert "Exit code" not in text
