"""The cases of an evaluation."""

from collections.abc import Iterable

from algorithms.services import create_run
from app.accounts.models import User
from app.challenges.models import Evaluation, EvaluationCase
from app.challenges.progress import hint_at_evaluation
from app.challenges.resources import limits_in
from app.core.tasks import enqueue_on_commit
from app.execution.models import Job
from app.execution.services import cancel_job

ADVANCE = "app.challenges.tasks.advance_evaluation"
State = EvaluationCase.State
_ENDS = {
    Job.State.SUCCEEDED: State.DONE,
    Job.State.FAILED: State.FAILED,
    Job.State.CANCELLED: State.CANCELLED,
}


def start_case(case: EvaluationCase) -> None:
    """Submit the job that runs the submitted version on one hidden case."""
    submission = case.evaluation.submission
    run = create_run(
        actor=submission.creator,
        version=submission.runnable,
        item=case.item,
        kind="challenge-case",
        scope=f"phase {submission.phase_id}",
        interface=submission.interface,
        limits=limits_in(submission.phase, submission.runnable.algorithm),
    )
    case.job, case.state = run.job, State.RUNNING
    case.save(update_fields=["job", "state"])
    hint_at_evaluation(case.evaluation_id)


def case_finished(job: Job) -> None:
    """Let the evaluation go on when one of its cases has ended.

    The job is locked here, and whoever stops an evaluation locks that first: it must not be
    written to.
    """
    cases = list(EvaluationCase.objects.filter(job=job, state=State.RUNNING).select_related("job"))
    settle(cases)
    for case in cases:
        enqueue_on_commit(ADVANCE, case.evaluation_id)


def settle(cases: Iterable[EvaluationCase]) -> None:
    """Bring running cases in line with what became of their jobs."""
    for case in cases:
        if case.state == State.RUNNING and case.job is not None and case.job.is_finished:
            case.state = _ENDS[Job.State(case.job.state)]
            case.save(update_fields=["state"])
            hint_at_evaluation(case.evaluation_id)


def stop_jobs(evaluation: Evaluation, *, actor: User | None) -> None:
    """Cancel what runs still; cases that did not start never will."""
    if evaluation.job is not None:
        cancel_job(actor=actor, job=evaluation.job)
    cases = list(evaluation.cases.select_related("job"))
    settle(cases)
    for case in cases:
        if case.job is not None and not case.job.is_finished:
            cancel_job(actor=actor, job=case.job)
    evaluation.cases.filter(state__in=(State.WAITING, State.RUNNING)).update(state=State.CANCELLED)
