"""Reading challenges."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from algorithms.models import Algorithm, AlgorithmMember, Stage
from app.accounts.models import User
from app.challenges.models import (
    Challenge,
    ChallengeMember,
    Evaluation,
    EvaluationCase,
    EvaluationMethod,
    Grant,
    GroundTruth,
    Phase,
    StarterKit,
    Submission,
    Team,
)
from app.challenges.policies import CHALLENGES, EVALUATIONS, SUBMISSIONS
from app.core.access import fetch
from app.core.errors import NotFound
from app.execution.models import ContainerImage


@dataclass(frozen=True)
class Readiness:
    """What a phase still needs before it can take submissions."""

    missing: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Tell whether nothing is missing."""
        return not self.missing


def challenges_for(user: Any) -> QuerySet[Challenge]:
    """Return the challenges that ``user`` may view, with counts."""
    return CHALLENGES.visible_to(user).annotate(
        phase_count=Count("phases", distinct=True),
        submission_count=Count("phases__submissions", distinct=True),
    )


def get_challenge_for(user: Any, pk: UUID | str, *, action: str = "view") -> Challenge:
    """Return the challenge if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(CHALLENGES, user=user, pk=pk, action=action)


def get_phase_for(user: Any, pk: UUID | str, *, action: str = "view") -> Phase:
    """Return the phase if ``user`` may do ``action`` with its challenge."""
    phase = (
        Phase.objects.filter(pk=pk, challenge__in=CHALLENGES.visible_to(user))
        .select_related("challenge", "archive", "parent")
        .first()
    )
    if phase is None or not CHALLENGES.allows(user, phase.challenge, action):
        raise NotFound
    return phase


def get_evaluation_for(user: Any, pk: UUID | str, *, action: str = "view") -> Evaluation:
    """Return the evaluation if ``user`` may do ``action`` with it, else raise `NotFound`."""
    rows = Evaluation.objects.select_related(
        "submission__phase__challenge",
        "submission__version__algorithm",
        "submission__creator",
        "submission__entrant__team",
    )
    return fetch(EVALUATIONS, user=user, pk=pk, action=action, queryset=rows)


def get_case_for(user: Any, pk: UUID | str, number: int, *, action: str = "view") -> EvaluationCase:
    """Return a case of an evaluation by its number, else raise `NotFound`."""
    evaluation = get_evaluation_for(user, pk, action=action)
    case = evaluation.cases.select_related("job", "item__archive").filter(order=number).first()
    if case is None:
        raise NotFound
    case.evaluation = evaluation
    return case


def submissions_for(user: Any) -> QuerySet[Submission]:
    """Return the submissions that ``user`` may look at, newest first."""
    return (
        SUBMISSIONS.visible_to(user)
        .select_related("phase__challenge", "version__algorithm", "creator", "entrant__team")
        .prefetch_related("evaluations")
    )


def get_submission_for(user: Any, pk: UUID | str, *, action: str = "view") -> Submission:
    """Return the submission if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(SUBMISSIONS, user=user, pk=pk, action=action)


def phases_for(user: Any) -> QuerySet[Phase]:
    """Return the phases of the challenges that ``user`` may view."""
    found = Phase.objects.filter(challenge__in=CHALLENGES.visible_to(user))
    return found.select_related("challenge").prefetch_related("inputs", "outputs")


def evaluations_for(user: Any) -> QuerySet[Evaluation]:
    """Return the evaluations that ``user`` may look at, newest first."""
    found = EVALUATIONS.visible_to(user).select_related(
        "submission__phase__challenge", "submission__version__algorithm", "submission__creator"
    )
    return found.prefetch_related("submission__evaluations")


def current_method(phase: Phase) -> EvaluationMethod | None:
    """Return the newest evaluation method whose container passed its checks."""
    return (
        phase.methods.filter(container_image__state=ContainerImage.State.READY)
        .select_related("container_image")
        .first()
    )


def current_ground_truth(phase: Phase) -> GroundTruth | None:
    """Return the newest ground truth."""
    return phase.ground_truths.first()


def starter_kit_of(phase: Phase) -> StarterKit | None:
    """Return what the organizers put into the phase's starter kit."""
    return StarterKit.objects.filter(phase=phase).select_related("archive").first()


def readiness_of(phase: Phase) -> Readiness:
    """Return what ``phase`` still lacks, in words for the organizer."""
    missing = []
    if not phase.archive.items.exists():
        missing.append("The test archive has no cases yet.")
    if current_method(phase) is None:
        missing.append("There is no evaluation container that passed its checks.")
    if current_ground_truth(phase) is None:
        missing.append("The ground truth is not uploaded.")
    return Readiness(tuple(missing))


def has_opened(phase: Phase) -> bool:
    """Tell whether ``phase`` takes submissions now, or ever took one."""
    if phase.takes_submissions and readiness_of(phase).ready:
        return True
    return Submission.objects.filter(phase=phase).exists()


def leaderboard_for(phase: Phase) -> QuerySet[Evaluation]:
    """Return the ranked evaluations, the best first."""
    return (
        Evaluation.objects.filter(submission__phase=phase, rank__isnull=False)
        .filter(state=Evaluation.State.SUCCEEDED, submission__state=Submission.State.ACCEPTED)
        .select_related(
            "submission__competes_as__person",
            "submission__competes_as__team",
            "submission__version__algorithm",
            "submission__phase",
        )
        .annotate(case_total=Count("cases"))
        .order_by("rank", "finished_at")
    )


def best_in(challenge: Challenge) -> dict[UUID, Evaluation]:
    """Return the evaluation that leads each phase, by phase id, in one query."""
    first = (
        Evaluation.objects.filter(submission__phase__challenge=challenge, rank=1)
        .filter(state=Evaluation.State.SUCCEEDED, submission__state=Submission.State.ACCEPTED)
        .select_related("submission__competes_as__person", "submission__competes_as__team")
        .order_by("submission__phase_id", "finished_at")
        .distinct("submission__phase_id")
    )
    return {row.submission.phase_id: row for row in first}


def submittable_algorithms(user: User, phase: Phase) -> QuerySet[Algorithm]:
    """Return the algorithms that ``user`` edits and that have a version ready to run."""
    edited = AlgorithmMember.objects.filter(user=user, role=AlgorithmMember.Role.EDITOR)
    ready = Q(
        versions__container_image__state=ContainerImage.State.READY,
        versions__stage__in=[stage for stage in Stage if stage != Stage.RETIRED],
    )
    return Algorithm.objects.filter(ready, pk__in=edited.values("target")).distinct()


def counting_submissions(phase: Phase) -> QuerySet[Submission]:
    """Return the submissions that are under way or came to a score, in any of their evaluations."""
    without = Q(state__in=[Evaluation.State.FAILED, Evaluation.State.CANCELLED]) | Q(
        state=Evaluation.State.SUCCEEDED, score=None
    )
    counting = Evaluation.objects.filter(submission=OuterRef("pk")).exclude(without)
    return Submission.objects.filter(Exists(counting), phase=phase, state=Submission.State.ACCEPTED)


def outdated_submissions(phase: Phase) -> int:
    """Return how many ranked evaluations used another method or ground truth than the newest."""
    method, truth = current_method(phase), current_ground_truth(phase)
    if method is None or truth is None:
        return 0
    ranked = Evaluation.objects.filter(submission__phase=phase, rank__isnull=False)
    return ranked.exclude(method=method, ground_truth=truth).count()


def image_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of images that ``user`` sees as an administrator of challenges."""
    administered = ChallengeMember.objects.filter(user=user, role=ChallengeMember.Role.ADMIN)
    return (
        Evaluation.objects.filter(
            submission__phase__challenge__in=administered.values("target"),
            cases__job__outputs__image__isnull=False,
        )
        .order_by()
        .values("cases__job__outputs__image")
    )


def managed_challenge(user: Any, pk: str) -> Challenge:
    """Return the challenge if ``user`` manages its people, else raise `NotFound`."""
    return get_challenge_for(user, pk, action="manage")


def parts_of(challenge: Challenge) -> list[QuerySet[Any]]:
    """Return what a challenge's history tells of besides itself."""
    submissions = Submission.objects.filter(phase__challenge=challenge)
    return [
        challenge.phases.all(),
        Team.objects.filter(challenge=challenge),
        Grant.objects.filter(phase__challenge=challenge),
        challenge.pages.all(),
        EvaluationMethod.objects.filter(phase__challenge=challenge),
        GroundTruth.objects.filter(phase__challenge=challenge),
        submissions,
        Evaluation.objects.filter(submission__in=submissions),
    ]
