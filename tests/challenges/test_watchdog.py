"""No evaluation stays under way for ever, and no death of a worker changes how one ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.models import Evaluation
from app.challenges.services.evaluations import advance
from app.challenges.services.watchdog import MOST_STUMBLES, PATIENCE, end_stuck_evaluations
from app.challenges.standing import standing_of
from app.challenges.tasks import advance_evaluation
from app.core.leases import LeaseLost
from app.core.states import transition
from app.execution.contract.limits import GIB
from app.execution.models import Job, Worker
from app.execution.services.jobs import claim_job, end_job, hold, write_down
from app.execution.services.reconciling import reconcile
from app.notifications.models import Notification
from app.sockets.selectors import metrics_socket
from app.sockets.services import json_value
from tests.factories.algorithms import add_output
from tests.factories.challenges import make_challenge, make_phase, make_submission, succeed

pytestmark = pytest.mark.django_db
KILLS = 5
PAST = timedelta(seconds=-1)
UNDER_WAY = [s for s in Evaluation.State if s not in Evaluation.MACHINE.final]


@pytest.fixture
def evaluation(user: User) -> Evaluation:
    phase = make_phase(make_challenge(participants=(user,)), cases=2)
    found: Evaluation = make_submission(phase, creator=user).evaluations.get()
    return found


class TestKilledWorkers:
    def test_five_deaths_at_every_job_end_once_and_right(self, evaluation: Evaluation) -> None:
        worker = "jobs@one"
        Worker.objects.create(
            name=worker,
            queues=["jobs-cpu"],
            has_engine=True,
            last_seen=timezone.now(),
            cpus=64,
            memory=256 * GIB,
        )
        for _ in range(evaluation.cases.count() + 1):
            advance(evaluation.pk)
            (job,) = Job.objects.filter(state=Job.State.QUEUED)
            dead = [die_with(job, worker, at=kill) for kill in range(KILLS)]
            finish(job, worker)
            for ghost in dead:
                comes_to_nothing(ghost)
        for _ in range(3):
            advance(evaluation.pk)
        evaluation.refresh_from_db()
        assert (evaluation.state, evaluation.score, evaluation.rank) == ("SUCCEEDED", 0.75, 1)
        assert [case.state for case in evaluation.cases.all()] == ["DONE", "DONE"]
        assert Job.objects.count() == 3, "no run was asked for twice"
        assert set(Job.objects.values_list("attempts", flat=True)) == {KILLS}
        assert moves_to(evaluation, "SUCCEEDED") == 1
        told = Notification.objects.filter(kind="challenges.evaluation.finished")
        assert told.count() == 1


class TestStuck:
    @pytest.mark.parametrize("state", UNDER_WAY)
    def test_without_progress_every_state_ends(self, evaluation: Evaluation, state: str) -> None:
        long_ago = timezone.now() - PATIENCE + PAST
        Evaluation.objects.filter(pk=evaluation.pk).update(state=state, progressed_at=long_ago)
        assert end_stuck_evaluations() == 1
        evaluation.refresh_from_db()
        assert evaluation.state == "FAILED"
        assert "does not count" in evaluation.reason
        assert "watchdog" in evaluation.organizer_reason
        assert end_stuck_evaluations() == 0

    def test_its_jobs_end_too_and_it_counts_for_nothing(
        self, evaluation: Evaluation, user: User
    ) -> None:
        phase = evaluation.submission.phase
        phase.limit_attempted = 3
        phase.save()
        assert standing_of(user, phase).allowances["attempted"].left == 2
        left = standing_of(user, phase).left
        advance(evaluation.pk)
        end_stuck_evaluations(now=timezone.now() + PATIENCE * 2)
        job = evaluation.cases.all()[0].job
        assert job is not None
        assert job.state == Job.State.CANCELLED
        assert standing_of(user, phase).left == (left or 0) + 1
        assert standing_of(user, phase).allowances["attempted"].left == 3

    def test_progress_keeps_it_away(self, evaluation: Evaluation) -> None:
        long_ago = timezone.now() - PATIENCE + PAST
        advance(evaluation.pk)
        Evaluation.objects.filter(pk=evaluation.pk).update(progressed_at=long_ago)
        succeed(evaluation.cases.all()[0].job)
        assert end_stuck_evaluations() == 0

    def test_errors_are_counted_until_it_is_enough(
        self, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(evaluation_id: object) -> None:
            raise RuntimeError("interfaces changed")

        monkeypatch.setattr("app.challenges.tasks.advance", broken)
        for count in range(MOST_STUMBLES):
            assert end_stuck_evaluations() == 0, count
            advance_evaluation(str(evaluation.pk))
        assert end_stuck_evaluations() == 1
        evaluation.refresh_from_db()
        assert evaluation.state == "FAILED"


def die_with(job: Job, worker: str, *, at: int) -> Job:
    """Let a worker take the job, get as far as ``at`` says, and never be heard of again."""
    ready_again(job)
    held = claim_job(job.pk, worker=worker)
    assert held == job
    if at % 2:
        transition(held, Job.State.EXECUTING)
        write_down(held, log="half a log", log_size=10)
    Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() + PAST)
    reconcile()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.QUEUED, at + 1)
    return held


def ready_again(job: Job) -> None:
    """Let the pause pass that a job is given which was lost more than once."""
    Job.objects.filter(pk=job.pk).update(wait_until=None)
    Worker.objects.update(last_seen=timezone.now())


def finish(job: Job, worker: str) -> None:
    """Let a worker do the job at last."""
    ready_again(job)
    held = claim_job(job.pk, worker=worker)
    assert held is not None
    transition(held, Job.State.EXECUTING)
    transition(held, Job.State.PARSING)
    if job.kind == "evaluation":
        value = {"aggregates": {"dice": {"mean": 0.75}}}
        held.outputs.add(json_value(socket=metrics_socket(), value=value))
    else:
        add_output(held)
    end_job(held, Job.State.SUCCEEDED)


def comes_to_nothing(ghost: Job) -> None:
    """A worker that wakes up again can neither write nor hand over."""
    assert not write_down(ghost, log="from the grave")
    with pytest.raises(LeaseLost):
        hold(ghost)


def moves_to(evaluation: Evaluation, state: str) -> int:
    events = Event.objects.filter(name="challenges.evaluation.state_changed")
    return sum(
        event.data["after"] == state
        for event in events
        if str(event.object_id) == str(evaluation.pk)
    )
