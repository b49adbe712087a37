"""What organizers see of how their challenge goes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.challenges.dashboard import Dashboard, Fault, dashboard_of, with_figures
from app.challenges.models import Challenge, Evaluation, Phase
from app.challenges.services import evaluate_again
from app.challenges.services.costs import count_costs
from app.challenges.services.evaluations import advance
from app.core.states import transition
from app.execution.models import Job
from app.execution.services.jobs import end_job
from app.requests.services import ask_for_access
from app.sockets.selectors import medical_image_socket
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import (
    RUN,
    finish_cases,
    hand_in_file,
    make_challenge,
    make_evaluation,
    make_phase,
    make_predictions_phase,
    make_submission,
)
from tests.factories.teams import make_team

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sockets(db: None) -> None:
    medical_image_socket()


@pytest.fixture
def admin() -> User:
    return UserFactory()


@pytest.fixture
def challenge(admin: User) -> Challenge:
    return make_challenge(admin=admin, listed=True)


@pytest.fixture
def phase(challenge: Challenge) -> Phase:
    return make_phase(challenge)


def dashboard(challenge: Challenge, *, waiting: int) -> Dashboard:
    rows = with_figures(Challenge.objects.all(), challenge.pk)
    return dashboard_of(rows.get(pk=challenge.pk), waiting=waiting)


def page(admin: User, challenge: Challenge) -> str:
    client = Client()
    sign_in(client, admin)
    answer = client.get(reverse("challenges:dashboard", args=[challenge.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def end(job: Job | None, code: str) -> None:
    assert job is not None
    for state in RUN:
        transition(job, state)
    end_job(job, Job.State.FAILED, reason="It broke.", reason_code=code)


def failed(phase: Phase, code: str, *, method: bool = False) -> Evaluation:
    """An evaluation that ended by a case, or by the evaluation container."""
    evaluation = make_submission(phase).evaluations.get()
    if method:
        finish_cases(evaluation)
        evaluation.refresh_from_db()
        end(evaluation.job, code)
    else:
        advance(evaluation.pk)
        end(evaluation.cases.get().job, code)
    advance(evaluation.pk)
    evaluation.refresh_from_db()
    assert evaluation.state == Evaluation.State.FAILED
    return evaluation


def test_an_empty_challenge_says_what_comes(admin: User, challenge: Challenge) -> None:
    shown = page(admin, challenge)
    for words in ("No submissions yet", "Nobody takes part yet", "No evaluation failed"):
        assert words in shown
    assert "Nothing waits for you" in shown


def test_counts_are_of_this_challenge_alone(admin: User, phase: Phase) -> None:
    make_evaluation(phase, score=0.5)
    make_submission(phase)
    make_evaluation(make_phase(), score=0.9)
    make_team(phase.challenge, UserFactory())
    found = dashboard(phase.challenge, waiting=0)
    assert (found.submissions, found.scored, found.under_way, found.failed) == (2, 1, 1, 0)
    assert (found.participants, found.teams) == (3, 1)
    assert [chart.title for chart in found.phase_charts] == [phase.title]
    shown = page(admin, phase.challenge)
    assert "2 in all, the first on" in shown
    assert shown.count('<svg viewBox="0 0 384 120"') == 3


def test_people_are_counted_before_there_is_a_phase(admin: User, challenge: Challenge) -> None:
    make_team(challenge, UserFactory(), UserFactory())
    found = dashboard(challenge, waiting=0)
    assert (found.participants, found.teams, found.stored) == (2, 1, 0)
    assert [chart.title for chart in found.people_charts] == ["Participants", "Teams"]
    assert "Participants" in page(admin, challenge)


@pytest.mark.parametrize(
    ("code", "method", "fault"),
    [
        ("container", False, Fault.OWN),
        ("container", True, Fault.METHOD),
        ("platform", False, Fault.PLATFORM),
        ("platform", True, Fault.PLATFORM),
        ("input", False, Fault.DATA),
    ],
)
def test_failures_are_told_apart(phase: Phase, code: str, method: bool, fault: Fault) -> None:
    make_evaluation(phase, score=0.5)
    evaluation = failed(phase, code, method=method)
    found = dashboard(phase.challenge, waiting=0)
    assert [(row.fault, row.count) for row in found.failures] == [(fault, 1)]
    assert [row.pk for row in found.failed_lately] == [evaluation.pk]


def test_a_failure_that_was_made_up_for_needs_nobody(admin: User, phase: Phase) -> None:
    evaluation = failed(phase, "platform")
    evaluate_again(actor=admin, submission=evaluation.submission, cause="")
    found = dashboard(phase.challenge, waiting=0)
    assert found.failed_lately == []
    assert found.failures[0].count == 1, "it is still counted"


def test_what_waits_for_an_organizer(admin: User, challenge: Challenge) -> None:
    phase = make_phase(challenge, ready=False)
    ask_for_access(user=UserFactory(), target=challenge)
    found = [need.text for need in dashboard(challenge, waiting=1).needs]
    assert found == [
        "1 person waits to be let in.",
        f"{phase.title} takes submissions and is not ready.",
    ]
    assert "1 person waits" in page(admin, challenge)


def test_an_evaluation_that_stands_still_is_said(phase: Phase) -> None:
    evaluation = make_submission(phase).evaluations.get()
    assert dashboard(phase.challenge, waiting=0).needs == []
    long_ago = timezone.now() - timedelta(hours=7)
    Evaluation.objects.filter(pk=evaluation.pk).update(progressed_at=long_ago)
    quick = make_phase(phase.challenge, archive=phase.archive, title="Quick")
    make_submission(quick)
    [need] = dashboard(phase.challenge, waiting=0).needs
    assert (need.page, need.pk) == ("challenges:submissions", phase.pk)
    assert need.text == f"1 evaluation in {phase.title} came no further in six hours."
    Evaluation.objects.update(progressed_at=long_ago)
    assert {need.pk for need in dashboard(phase.challenge, waiting=0).needs} == {
        phase.pk,
        quick.pk,
    }


def test_times_and_cost_of_jobs_that_ran(phase: Phase) -> None:
    evaluation = make_evaluation(phase, score=0.5)
    now = timezone.now()
    case = evaluation.cases.get()
    Job.objects.filter(pk=case.job_id).update(
        created=now - timedelta(seconds=100),
        started_at=now - timedelta(seconds=90),
        finished_at=now,
        cpus=2,
        gpus=1,
    )
    Job.objects.filter(pk=evaluation.job_id).update(
        started_at=now - timedelta(seconds=60), finished_at=now, cpus=1, gpus=0
    )
    times = dashboard(phase.challenge, waiting=0).times
    assert (times.jobs, times.queue_median, times.run_late) == (1, 10, 90)
    assert count_costs() == 1
    assert count_costs() == 0, "once"
    found = dashboard(phase.challenge, waiting=0)
    assert found.cpu_hours == pytest.approx((2 * 90 + 60) / 3600)
    assert found.gpu_hours == pytest.approx(90 / 3600)


def test_a_job_that_was_taken_over_costs_once(admin: User, phase: Phase) -> None:
    evaluation = make_evaluation(phase, score=0.5)
    again = evaluate_again(actor=admin, submission=evaluation.submission, cause="")
    advance(again.pk)
    Evaluation.objects.filter(pk=again.pk).update(state="CANCELLED", finished_at=timezone.now())
    now = timezone.now()
    Job.objects.filter(pk=evaluation.cases.get().job_id).update(
        started_at=now - timedelta(seconds=3600), finished_at=now, cpus=1
    )
    Job.objects.filter(pk=evaluation.job_id).update(started_at=None)
    again.refresh_from_db()
    assert again.cases.get().state == "REUSED"
    Job.objects.filter(evaluation=again).update(state="CANCELLED")
    count_costs()
    assert dashboard(phase.challenge, waiting=0).cpu_hours == pytest.approx(1)


def test_containers_and_files_are_stored(phase: Phase) -> None:
    assert dashboard(phase.challenge, waiting=0).stored == 0
    container = make_submission(phase).version.container_image.size
    handed_in = hand_in_file(make_predictions_phase(phase.challenge, title="Files"))
    found = dashboard(phase.challenge, waiting=0)
    assert found.stored == container + handed_in.file_size > container > 0


def test_only_organizers_see_it(phase: Phase) -> None:
    evaluation = make_evaluation(phase, score=0.5)
    client = Client()
    sign_in(client, evaluation.submission.creator)
    address = reverse("challenges:dashboard", args=[phase.challenge_id])
    assert client.get(address).status_code == 404
    detail = client.get(reverse("challenges:detail", args=[phase.challenge_id])).content.decode()
    assert address not in detail
