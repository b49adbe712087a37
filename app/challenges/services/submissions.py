"""Handing in an algorithm."""

from uuid import UUID

from django.db import transaction
from django.urls import reverse

from algorithms.models import Algorithm, AlgorithmVersion
from algorithms.selectors import active_version, get_algorithm_for, interface_of
from app.accounts.models import User
from app.audit.services import record
from app.challenges.models import Evaluation, EvaluationCase, Phase, Submission
from app.challenges.news import SUBMISSION_RECEIVED, tell_organizers
from app.challenges.selectors import (
    counting_submissions,
    current_ground_truth,
    current_method,
    readiness_of,
    submissions_left,
)
from app.challenges.services.design import note_opening
from app.core.errors import Conflict, LimitReached, ValidationFailed
from app.core.ids import new_id
from app.core.states import transition
from app.core.tasks import enqueue_on_commit
from app.sockets.models import Socket

ADVANCE = "app.challenges.tasks.advance_evaluation"


@transaction.atomic
def submit_algorithm(
    *,
    actor: User,
    phase: Phase,
    algorithm: Algorithm,
    comment: str = "",
    pk: UUID | None = None,
) -> Submission:
    """Hand in the newest ready version of ``algorithm``; its evaluation starts at once.

    Raises an error, and stores nothing, when the phase is closed or not ready, the limit is
    reached, the algorithm does not fit the phase, or the same container was handed in before.
    """
    phase = Phase.objects.select_for_update().get(pk=phase.pk)
    get_algorithm_for(actor, algorithm.pk, action="submit")
    version = active_version(algorithm)
    if version is None:
        raise ValidationFailed(
            fields={"algorithm": ["This algorithm has no version that passed its checks."]}
        )
    _check_phase(phase, actor=actor)
    _check_fit(phase, version=version)
    submission = Submission.objects.create(
        pk=pk or new_id(), phase=phase, creator=actor, version=version, comment=comment
    )
    transition(submission, Submission.State.ACCEPTED, actor=actor)
    record("challenges.submission.received", obj=submission, actor=actor)
    create_evaluation(submission)
    note_opening(phase)
    tell_organizers(
        phase,
        kind=SUBMISSION_RECEIVED,
        text=f"{actor.display_name} handed in {version} to {phase}.",
        url=reverse("challenges:submissions", args=[phase.pk]),
        but=actor,
    )
    return submission


def create_evaluation(submission: Submission) -> Evaluation:
    """Make the evaluation of a submission with an explicit row per case."""
    phase = submission.phase
    method, truth = current_method(phase), current_ground_truth(phase)
    if method is None or truth is None:
        raise Conflict("The phase is not ready to evaluate.")
    evaluation = Evaluation.objects.create(submission=submission, method=method, ground_truth=truth)
    EvaluationCase.objects.bulk_create(
        EvaluationCase(evaluation=evaluation, item=item, order=number)
        for number, item in enumerate(phase.archive.items.order_by("created"), start=1)
    )
    enqueue_on_commit(ADVANCE, evaluation.pk)
    return evaluation


def _check_phase(phase: Phase, *, actor: User) -> None:
    if not phase.open:
        raise Conflict("This phase takes no submissions.", advice="Look for another phase.")
    readiness = readiness_of(phase)
    if not readiness.ready:
        raise Conflict(
            "The organizers have not finished preparing this phase.",
            advice="Come back later, or ask them.",
        )
    if submissions_left(actor, phase) < 1:
        raise LimitReached(
            f"You have used all {phase.submission_limit} submissions of this phase.",
            advice="Failed evaluations do not count. Ask the organizers for more.",
        )


def _check_fit(phase: Phase, *, version: AlgorithmVersion) -> None:
    interface = interface_of(version.algorithm)
    offered = set(interface.outputs.values_list("pk", flat=True))
    missing = phase.outputs.exclude(pk__in=offered)
    if missing:
        names = ", ".join(socket.title for socket in missing)
        raise ValidationFailed(
            fields={"algorithm": [f"This phase wants the output {names}, which it does not give."]}
        )
    lacking = [socket.title for socket in interface.inputs.all() if not _is_given(socket, phase)]
    if lacking:
        names = ", ".join(lacking)
        raise ValidationFailed(
            fields={"algorithm": [f"It needs the input {names}, which this phase does not give."]}
        )
    digest = version.container_image.digest
    if counting_submissions(phase).filter(version__container_image__digest=digest).exists():
        raise ValidationFailed(
            fields={"algorithm": ["The same container was already handed in to this phase."]}
        )


def _is_given(socket: Socket, phase: Phase) -> bool:
    """Tell whether the phase's cases fill the socket: by itself, or image for image."""
    given = list(phase.inputs.all())
    return socket in given or (socket.kind == "IMG" and any(s.kind == "IMG" for s in given))
