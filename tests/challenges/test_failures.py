"""What participants and organizers are told of a case that failed."""

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.models import EvaluationCase, Phase
from app.challenges.policies import CHALLENGES
from app.challenges.services.evaluations import advance
from app.execution.models import Job
from app.sockets.selectors import medical_image_socket
from app.sockets.services import image_value
from tests.factories.challenges import (
    fail_job,
    make_challenge,
    make_phase,
    make_submission,
    name_cases,
)
from tests.factories.images import make_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(user: User) -> EvaluationCase:
    """The first case of a phase; its job failed and wrote what it was given."""
    phase = make_phase(make_challenge(participants=(user,)), cases=2)
    name_cases(phase)
    evaluation = make_submission(phase, creator=user).evaluations.get()
    advance(evaluation.pk)
    case: EvaluationCase = evaluation.cases.all()[0]
    other = evaluation.cases.all()[1]
    assert case.job is not None
    names = [case.item.title, other.item.title, case.item.images[0].name, str(case.item_id)]
    log = "Traceback: index 7 of 3\n" + "\n".join(f"on {name}" for name in names)
    Job.objects.filter(pk=case.job_id).update(log=log, log_size=len(log))
    fail_job(case.job, reason=f"It ended with exit code 3 after “{case.item.title}”.")
    advance(evaluation.pk)
    case.refresh_from_db()
    return case


def page(person: User, case: EvaluationCase) -> str:
    client = Client()
    client.force_login(person)
    address = reverse("challenges:case", args=[case.evaluation_id, case.order])
    return client.get(address).content.decode()


def log_in(text: str) -> str:
    return text.partition("data-case-log>")[2].partition("</pre>")[0]


def test_their_own_log_without_names(case: EvaluationCase, user: User) -> None:
    text = page(user, case)
    assert "Traceback: index 7 of 3" in log_in(text)
    assert "exit code 3" in text
    for item in case.item.archive.items.all():
        assert item.title not in text
        assert item.images[0].name not in text
    assert str(case.item_id) not in text


def test_keys_of_values_are_hidden_wherever_they_stand(case: EvaluationCase, user: User) -> None:
    listed = image_value(socket=medical_image_socket(), image=make_image(), pk=4_821_300)
    case.item.values.set([listed])
    log = f'{{"pk": {listed.pk}}} and {listed.pk} alone, line 4821'
    Job.objects.filter(pk=case.job_id).update(log=log, log_size=len(log))
    shown = log_in(page(user, case))
    assert "line 4821" in shown
    assert str(listed.pk) not in shown


def test_organizers_see_all(case: EvaluationCase) -> None:
    text = page(case.evaluation.submission.phase.challenge.memberships.get(role="ADMIN").user, case)
    assert case.item.title in log_in(text)
    assert str(case.item_id) in log_in(text)


def test_no_log_where_the_phase_shows_none(case: EvaluationCase, user: User) -> None:
    Phase.objects.filter(pk=case.evaluation.submission.phase_id).update(show_logs=False)
    text = page(user, case)
    assert "Traceback" not in text
    assert "exit code 3" in text
    assert "show no logs" in text


def test_evaluators_see_no_log(case: EvaluationCase, stranger: User) -> None:
    challenge = case.evaluation.submission.phase.challenge
    grant_role(CHALLENGES, actor=None, obj=challenge, user=stranger, role="EVALUATOR")
    text = page(stranger, case)
    assert "Traceback" not in text
    assert "exit code 3" not in text


def test_the_state_of_each_case(case: EvaluationCase) -> None:
    states = case.evaluation.cases.values_list("state", flat=True)
    assert list(states) == ["FAILED", "CANCELLED"]
