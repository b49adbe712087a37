"""The way of an evaluation: cases, method, ranking. Every step may run twice or never."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.challenges.models import Evaluation, EvaluationCase, Phase, Submission
from app.challenges.news import EVALUATION_DONE, EVALUATION_FAILED, tell_organizers
from app.challenges.services.case_scores import store_case_scores
from app.challenges.services.cases import settle, start_case, stop_jobs
from app.challenges.services.leaderboard import rerank
from app.challenges.services.method import start_method
from app.challenges.services.refunds import refund_fault, refund_unstarted
from app.core.errors import PortalError
from app.core.states import transition
from app.execution.models import Job
from app.notifications.services import notify

State = Evaluation.State
Case = EvaluationCase.State
AT_ONCE = 50


def advance(evaluation_id: UUID | str) -> None:
    """Do every step that is due; stop where the evaluation waits for a job."""
    while _step(evaluation_id):
        pass


@transaction.atomic
def _step(evaluation_id: UUID | str) -> bool:
    _lock_what_is_ranked(evaluation_id)
    evaluation = (
        Evaluation.objects.select_for_update(of=("self",))
        .select_related("submission__phase__challenge", "submission__version__algorithm")
        .filter(pk=evaluation_id)
        .first()
    )
    if evaluation is None or evaluation.is_finished:
        return False
    steps: dict[str, Callable[[Evaluation], bool]] = {
        State.QUEUED: _begin,
        State.RUNNING_CASES: _run_cases,
        State.EVALUATING: _score,
        State.RANKING: _rank,
    }
    return steps[evaluation.state](evaluation)


def _lock_what_is_ranked(evaluation_id: UUID | str) -> None:
    """Lock the phase of an evaluation that is to be ranked, before the evaluation itself.

    Ranking writes to every evaluation of the phase: two that had locked themselves first would
    wait for each other.
    """
    ranked = Evaluation.objects.filter(pk=evaluation_id, state=State.RANKING)
    phases = Phase.objects.filter(pk__in=ranked.values("submission__phase"))
    phases.select_for_update(of=("self",)).first()


def _begin(evaluation: Evaluation) -> bool:
    transition(evaluation, State.RUNNING_CASES, progressed_at=timezone.now())
    return True


def _run_cases(evaluation: Evaluation) -> bool:
    """Run the first case alone; if that works, the others: `AT_ONCE` in a transaction.

    Whoever cancels waits for no more than these.
    """
    cases = list(evaluation.cases.select_related("job", "item"))
    settle(cases)
    failed = [case for case in cases if case.state in (Case.FAILED, Case.CANCELLED)]
    if failed:
        _fail_for_case(evaluation, failed[0])
        return False
    try:
        with transaction.atomic():
            return _start_due(evaluation, cases)
    except PortalError as error:
        fail(
            evaluation,
            reason="The evaluation could not be started."
            if evaluation.submission.phase.takes_predictions
            else "The algorithm cannot be run on the hidden test set.",
            organizer_reason=f"{error.message} {error.advice}".strip(),
        )
    return False


def _start_due(evaluation: Evaluation, cases: list[EvaluationCase]) -> bool:
    """Submit jobs that are due and tell whether more are; raises what submitting them raises."""
    if all(case.state in EvaluationCase.WITH_RESULT for case in cases):
        start_method(evaluation)
        transition(evaluation, State.EVALUATING, progressed_at=timezone.now())
        return False
    waiting = [case for case in cases if case.state == Case.WAITING]
    if cases[0].state not in EvaluationCase.WITH_RESULT:
        waiting = [case for case in waiting if case == cases[0]]
    for case in waiting[:AT_ONCE]:
        start_case(case)
    Evaluation.objects.filter(pk=evaluation.pk).update(modified=timezone.now())
    return len(waiting) > AT_ONCE


def _score(evaluation: Evaluation) -> bool:
    job = evaluation.job
    if job is None or job.state not in Job.MACHINE.final:
        Evaluation.objects.filter(pk=evaluation.pk).update(modified=timezone.now())
        return False
    if job.state in _FAILED:
        refund_fault(evaluation, job)
        fail(
            evaluation,
            reason="The evaluation of your results failed. The organizers have been told.",
            organizer_reason=f"The evaluation container failed: {job.reason}",
        )
        return False
    metrics = job.outputs.filter(socket__slug="metrics-json-file").first()
    value = metrics.value if metrics else None
    value = value if value is not None else {}
    store_case_scores(evaluation, value)
    transition(
        evaluation,
        State.RANKING,
        metrics=value,
        result_faults=evaluation.result_faults,
        progressed_at=timezone.now(),
    )
    return True


def _rank(evaluation: Evaluation) -> bool:
    submission = evaluation.submission
    rerank(submission.phase, entrant_id=submission.competes_as_id)
    transition(evaluation, State.SUCCEEDED, finished_at=timezone.now())
    evaluation.refresh_from_db()
    _tell(evaluation)
    return False


def fail(evaluation: Evaluation, *, reason: str, organizer_reason: str) -> None:
    """End an evaluation: participants get ``reason``, organizers the rest."""
    stop_jobs(evaluation, actor=None)
    transition(
        evaluation,
        State.FAILED,
        reason=reason,
        organizer_reason=organizer_reason,
        finished_at=timezone.now(),
    )
    _tell(evaluation)
    _tell_organizers(evaluation)


def _fail_for_case(evaluation: Evaluation, case: EvaluationCase) -> None:
    job_reason = case.job.reason if case.job else ""
    why = refund_fault(evaluation, case.job)
    fail(
        evaluation,
        reason=_FAILED_ON_CASE[why].format(case.order),
        organizer_reason=f"Case {case.order} ({case.item.title}): {job_reason}",
    )


@transaction.atomic
def cancel_evaluation(*, actor: User, evaluation: Evaluation) -> None:
    """Stop an evaluation and its jobs.

    The evaluation is locked first, as every step does: no step can start a job meanwhile.
    """
    evaluation = Evaluation.objects.select_for_update(of=("self",)).get(pk=evaluation.pk)
    transition(evaluation, State.CANCELLED, actor=actor, finished_at=timezone.now())
    stop_jobs(evaluation, actor=actor)
    refund_unstarted(evaluation)
    record("challenges.evaluation.cancelled", obj=evaluation, actor=actor)


def _tell(evaluation: Evaluation) -> None:
    """Tell whoever handed in how the evaluation ended."""
    submission = evaluation.submission
    done = evaluation.state == State.SUCCEEDED
    notify(
        user=submission.creator,
        kind=EVALUATION_DONE if done else EVALUATION_FAILED,
        text=f"The evaluation of {submission.what} in {submission.phase} "
        f"{'is done' if done else 'failed'}.",
        url=reverse("challenges:evaluation", args=[evaluation.pk]),
    )


def _tell_organizers(evaluation: Evaluation) -> None:
    """Tell the organizers of a failed evaluation, as participants are promised."""
    submission = evaluation.submission
    tell_organizers(
        submission.phase,
        kind=EVALUATION_FAILED,
        text=f"An evaluation in {submission.phase} failed: {evaluation.organizer_reason}",
        url=reverse("challenges:evaluation", args=[evaluation.pk]),
        but=submission.creator,
    )


_FAILED = (Job.State.FAILED, Job.State.CANCELLED)
_FAILED_ON_CASE: dict[Submission.Refund | None, str] = {
    None: "The algorithm failed on case {} of the hidden test set.",
    Submission.Refund.PLATFORM: "The portal failed on case {} of the hidden test set; the "
    "algorithm did not. The attempt is given back.",
    Submission.Refund.ORGANIZER: "Case {} of the hidden test set could not be given to the "
    "algorithm. The attempt is given back.",
}
"""What whoever handed in is told, by why the attempt is given back."""
