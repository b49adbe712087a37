"""Giving an attempt back that was spent through no fault of whoever handed in."""

from app.audit.services import record
from app.challenges.models import Evaluation, Submission
from app.execution.models import Job

Refund = Submission.Refund
_FAULTS = {"platform": Refund.PLATFORM, "input": Refund.ORGANIZER}


def refund_fault(evaluation: Evaluation, job: Job | None) -> Refund | None:
    """Give the attempt back if ``job`` did not fail by its container's doing; return why."""
    if job is None or job.state != Job.State.FAILED or job.reason_code not in _FAULTS:
        return None
    why = _FAULTS[job.reason_code]
    refund(evaluation, why=why)
    return why


def refund_unstarted(evaluation: Evaluation) -> None:
    """Give the attempt back of an evaluation that was cancelled before anything of it ran."""
    started = evaluation.cases.filter(job__started_at__isnull=False)
    scored = evaluation.job is not None and evaluation.job.started_at is not None
    if not scored and not started.exists():
        refund(evaluation, why=Refund.UNSTARTED)


def refund(evaluation: Evaluation, *, why: Refund) -> None:
    """Let the submission no longer count as attempted; once."""
    given = Submission.objects.filter(pk=evaluation.submission_id, refund="").update(refund=why)
    if given:
        record("challenges.submission.refunded", obj=evaluation.submission, data={"why": why})
