"""Evaluating once more, after a new evaluation method or new ground truth."""

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.readiness import readiness_of
from app.challenges.services.reuse import reuse_cases
from app.challenges.services.submissions import create_evaluation
from app.core.errors import Conflict


@transaction.atomic
def evaluate_again(*, actor: User, submission: Submission, cause: str = "") -> Evaluation:
    """Evaluate a submission by the phase's current method and ground truth.

    Cases that ran before with the same container, model and inputs are not run again. The rank of
    the earlier evaluation stays until the new one is done. Raises `Conflict` while an evaluation
    of the submission is under way, and where the phase is not ready.
    """
    phase = Phase.objects.select_for_update().get(pk=submission.phase_id)
    submission = Submission.objects.select_related("version__algorithm").get(pk=submission.pk)
    submission.phase = phase
    if submission.state != Submission.State.ACCEPTED:
        raise Conflict("Only a submission that was accepted can be evaluated.")
    if _under_way(submission):
        raise Conflict(
            "This submission is being evaluated.", advice="Wait for its end, or cancel it first."
        )
    _require_ready(phase)
    return _again(submission, actor=actor, cause=cause)


@transaction.atomic
def evaluate_phase_again(*, actor: User, phase: Phase, cause: str = "") -> list[Evaluation]:
    """Evaluate every accepted submission of a phase again that is not being evaluated now."""
    phase = Phase.objects.select_for_update().get(pk=phase.pk)
    _require_ready(phase)
    rows = Submission.objects.filter(phase=phase, state=Submission.State.ACCEPTED)
    made = []
    for submission in rows.select_related("version__algorithm").order_by("created"):
        submission.phase = phase
        if not _under_way(submission):
            made.append(_again(submission, actor=actor, cause=cause))
    return made


def _again(submission: Submission, *, actor: User, cause: str) -> Evaluation:
    evaluation = create_evaluation(submission, cause=cause, requested_by=actor)
    reused = reuse_cases(evaluation)
    data = {"reused": reused, "cases": evaluation.cases.count(), "cause": cause}
    record("challenges.evaluation.requested", obj=evaluation, actor=actor, data=data)
    return evaluation


def _under_way(submission: Submission) -> bool:
    return submission.evaluations.exclude(state__in=Evaluation.MACHINE.final).exists()


def _require_ready(phase: Phase) -> None:
    missing = readiness_of(phase).missing
    if missing:
        raise Conflict("This phase is not ready to evaluate.", advice=" ".join(missing))
