"""Handing in: what holds for all submissions, and handing in an algorithm."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from algorithms.models import Algorithm, AlgorithmVersion
from algorithms.selectors import active_version, get_algorithm_for
from app.accounts.models import User
from app.audit.services import record
from app.challenges.fit import fitting_interface, require_resources
from app.challenges.models import Evaluation, EvaluationCase, Phase, Submission
from app.challenges.news import SUBMISSION_RECEIVED, tell_organizers
from app.challenges.readiness import readiness_of
from app.challenges.schedule import Status
from app.challenges.selectors import (
    counting_submissions,
    current_ground_truth,
    current_method,
)
from app.challenges.services.design import note_opening
from app.challenges.services.entrants import entrant_of
from app.challenges.standing import Standing, standing_of
from app.challenges.teams import people_with
from app.challenges.words import again_words, moment_words
from app.core.errors import Conflict, LimitReached, ValidationFailed
from app.core.ids import new_id
from app.core.states import transition
from app.core.tasks import enqueue_on_commit

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
    phase = locked_phase(phase)
    if phase.takes_predictions:
        raise Conflict(
            "This phase takes no algorithms.", advice="Hand in a file with your predictions."
        )
    get_algorithm_for(actor, algorithm.pk, action="submit")
    version = active_version(algorithm)
    if version is None:
        raise ValidationFailed(
            fields={"algorithm": ["This algorithm has no version that passed its checks."]}
        )
    require_open(phase, actor=actor)
    interface = fitting_interface(phase, algorithm)
    require_resources(phase, algorithm)
    _check_new(phase, version=version)
    return hand_in(
        actor=actor, phase=phase, comment=comment, pk=pk, version=version, interface=interface
    )


def locked_phase(phase: Phase) -> Phase:
    """Lock the phase that something is handed in to: limits are kept one after another."""
    rows = Phase.objects.select_for_update(of=("self",)).select_related("challenge", "parent")
    return rows.get(pk=phase.pk)


def hand_in(
    *, actor: User, phase: Phase, comment: str, pk: UUID | None = None, **what: Any
) -> Submission:
    """Take ``what`` (an algorithm's version, or a file) in and start its evaluation.

    Everything was checked, and the phase is locked.
    """
    entrant = entrant_of(actor, phase.challenge)
    submission = Submission.objects.create(
        pk=pk or new_id(),
        phase=phase,
        creator=actor,
        entrant=entrant,
        competes_as=entrant,
        comment=comment,
        **what,
    )
    submission.people.set(people_with(actor, phase.challenge))
    transition(submission, Submission.State.ACCEPTED, actor=actor)
    record("challenges.submission.received", obj=submission, actor=actor)
    create_evaluation(submission)
    note_opening(phase)
    tell_organizers(
        phase,
        kind=SUBMISSION_RECEIVED,
        text=f"{actor.display_name} handed in {submission.what} to {phase}.",
        url=reverse("challenges:submissions", args=[phase.pk]),
        but=actor,
    )
    return submission


def create_evaluation(
    submission: Submission, *, cause: str = "", requested_by: User | None = None
) -> Evaluation:
    """Make an evaluation of a submission with an explicit row per case."""
    phase = submission.phase
    method, truth = current_method(phase), current_ground_truth(phase)
    if method is None or truth is None or not (phase.archive or phase.takes_predictions):
        raise Conflict("The phase is not ready to evaluate.")
    evaluation = Evaluation.objects.create(
        submission=submission,
        method=method,
        ground_truth=truth,
        cause=cause,
        requested_by=requested_by,
    )
    _add_cases(evaluation, phase)
    enqueue_on_commit(ADVANCE, evaluation.pk)
    return evaluation


def _add_cases(evaluation: Evaluation, phase: Phase) -> None:
    """Give an evaluation a row per case of the archive; what a file says of it is there already."""
    if phase.archive is None:
        return
    states = EvaluationCase.State
    state = states.GIVEN if phase.takes_predictions else states.WAITING
    EvaluationCase.objects.bulk_create(
        EvaluationCase(evaluation=evaluation, item=item, order=number, state=state)
        for number, item in enumerate(phase.archive.items.order_by("created"), start=1)
    )


def require_open(phase: Phase, *, actor: User) -> None:
    """Raise an error unless ``actor`` may hand something in to ``phase`` now."""
    if not phase.takes_submissions:
        raise Conflict("This phase takes no submissions.", advice=_when(phase))
    readiness = readiness_of(phase)
    if not readiness.ready:
        raise Conflict(
            "The organizers have not finished preparing this phase.",
            advice="Come back later, or ask them.",
        )
    _check_standing(standing_of(actor, phase))


def _when(phase: Phase) -> str:
    if phase.status == Status.UPCOMING and phase.opens_at is not None:
        return f"It opens at {moment_words(phase.opens_at)}."
    return "Look for another phase."


def _check_standing(standing: Standing) -> None:
    if standing.missing_parent is not None:
        raise Conflict(
            f"You need a score in the phase “{standing.missing_parent.title}” first.",
            advice="Submit there, and come back when it is evaluated.",
        )
    _check_limits(standing)
    if standing.under_way is not None and standing.waits:
        whose = "Your team has" if standing.team else "You have"
        raise LimitReached(
            f"{whose} as many submissions under way as this phase evaluates together: "
            f"at most {standing.under_way.most} at a time.",
            advice="Submit again when one of them has ended, or cancel one.",
        )


def _check_limits(standing: Standing) -> None:
    met = standing.tightest
    if met is not None and not met.left:
        who = "Your team has" if standing.team else "You have"
        raise LimitReached(
            f"{who} used all {standing.met} submissions of this phase: {met.limit.words}.",
            advice=again_words(standing.next_at, timezone.now())
            or "No waiting helps. Ask the organizers for more.",
            next_at=standing.next_at.isoformat() if standing.next_at else None,
        )


def _check_new(phase: Phase, *, version: AlgorithmVersion) -> None:
    digest = version.container_image.digest
    if counting_submissions(phase).filter(version__container_image__digest=digest).exists():
        raise ValidationFailed(
            fields={"algorithm": ["The same container was already handed in to this phase."]}
        )
