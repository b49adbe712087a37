"""The cases of an evaluation."""

from algorithms.services import create_run
from app.challenges.models import EvaluationCase
from app.challenges.resources import limits_in
from app.core.tasks import enqueue_on_commit
from app.execution.models import Job

ADVANCE = "app.challenges.tasks.advance_evaluation"


def start_case(case: EvaluationCase) -> None:
    """Submit the job that runs the submitted version on one hidden case."""
    submission = case.evaluation.submission
    run = create_run(
        actor=submission.creator,
        version=submission.version,
        item=case.item,
        kind="challenge-case",
        scope=f"phase {submission.phase_id}",
        interface=submission.interface,
        limits=limits_in(submission.phase, submission.version.algorithm),
    )
    case.job = run.job
    case.save(update_fields=["job"])


def case_finished(job: Job) -> None:
    """Let the evaluation go on when one of its cases has ended."""
    case = EvaluationCase.objects.filter(job=job).first()
    if case is not None:
        enqueue_on_commit(ADVANCE, case.evaluation_id)
