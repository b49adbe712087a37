"""Reading challenges."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Count,
    Exists,
    F,
    JSONField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, JSONObject

from algorithms.models import Algorithm, AlgorithmMember, Stage
from app.accounts.models import User
from app.challenges.json_paths import value_at, value_behind
from app.challenges.models import (
    CaseScore,
    Challenge,
    ChallengeMember,
    Entrant,
    Evaluation,
    EvaluationCase,
    EvaluationMethod,
    Grant,
    GroundTruth,
    Phase,
    RegistrationQuestion,
    StarterKit,
    Submission,
    Team,
)
from app.challenges.policies import CHALLENGES, EVALUATIONS, SUBMISSIONS
from app.challenges.readiness import READY
from app.challenges.sections import with_sections
from app.core.access import fetch, one_of
from app.core.errors import NotFound
from app.core.queries import AmongFew
from app.delivery.headers import BYTES
from app.delivery.registry import ServedFile
from app.delivery.services import file_url
from app.execution.models import ContainerImage
from app.requests.questions import Question
from archives.models import ArchiveItem

_EVALUATIONS = Prefetch("evaluations", Evaluation.objects.defer("metrics"))


def challenges_for(user: Any) -> QuerySet[Challenge]:
    """Return the challenges that ``user`` may view, with counts."""
    return CHALLENGES.visible_to(user).annotate(
        phase_count=Count("phases", distinct=True),
        submission_count=Count("phases__submissions", distinct=True),
    )


def get_challenge_for(
    user: Any,
    pk: UUID | str,
    *,
    action: str = "view",
    rows: QuerySet[Challenge] | None = None,
) -> Challenge:
    """Return the challenge if ``user`` may do ``action`` with it, else raise `NotFound`.

    ``rows`` are all challenges, where more is read with them.
    """
    rows = Challenge.objects.all() if rows is None else rows
    challenge = one_of(CHALLENGES.with_role(user, with_sections(user, rows)), pk)
    _require(user, challenge, action)
    return challenge


def get_question_for(user: Any, pk: UUID | str) -> RegistrationQuestion:
    """Return a question of registration if ``user`` may change it."""
    rows = RegistrationQuestion.objects.select_related("challenge")
    question = rows.filter(pk=pk, challenge__in=CHALLENGES.visible_to(user)).first()
    if question is None or not CHALLENGES.allows(user, question.challenge, "change"):
        raise NotFound
    return question


def questions_of(challenge: Challenge) -> list[Question]:
    """Return what whoever wants to take part answers."""
    return [question.asked for question in challenge.registration_questions.all()]


def get_phase_for(
    user: Any,
    pk: UUID | str,
    *,
    action: str = "view",
    rows: QuerySet[Phase] | None = None,
    beside: tuple[str, ...] = ("archive", "parent"),
) -> Phase:
    """Return the phase if ``user`` may do ``action`` with its challenge.

    ``rows`` are all phases, where more is read with them; ``beside`` is what is joined to it.
    """
    rows = Phase.objects.all() if rows is None else rows
    rows = rows.select_related("challenge", *beside).annotate(**READY)
    phase = CHALLENGES.with_role(user, rows.filter(pk=pk), path="challenge").first()
    if phase is None:
        raise NotFound
    CHALLENGES.keep_role(user, phase.challenge, read_with=phase)
    _require(user, phase.challenge, action)
    return phase


def _require(user: Any, challenge: Challenge, action: str) -> None:
    """Raise `NotFound` unless ``user`` may look at the challenge and do ``action`` with it."""
    if not all(CHALLENGES.allows(user, challenge, one) for one in {"view", action}):
        raise NotFound


def phases_with_case_count() -> QuerySet[Phase]:
    """Return all phases, each with the ``case_count`` of its hidden test set."""
    items = ArchiveItem.objects.filter(archive=OuterRef("archive")).order_by()
    counted = items.values("archive").annotate(n=Count("pk")).values("n")
    return Phase.objects.annotate(case_count=Coalesce(Subquery(counted), 0))


def get_evaluation_for(user: Any, pk: UUID | str, *, action: str = "view") -> Evaluation:
    """Return the evaluation if ``user`` may do ``action`` with it, else raise `NotFound`.

    Read with no more than most who ask need: PostgreSQL takes ten times as long to plan a query
    of nine tables as one of seven.
    """
    rows = EVALUATIONS.visible_to(user).select_related(
        "submission__phase__challenge", "submission__version__algorithm", "submission__creator"
    )
    rows = CHALLENGES.with_role(user, rows, path="submission__phase__challenge")
    evaluation = one_of(rows, pk)
    CHALLENGES.keep_role(user, evaluation.submission.phase.challenge, read_with=evaluation)
    if not EVALUATIONS.allows(user, evaluation, action):
        raise NotFound
    return evaluation


def read_provenance(evaluation: Evaluation) -> None:
    """Read by what an evaluation was made: containers and ground truth, and the ``team_title``.

    Apart from the evaluation itself: to plan one query of so many tables takes longer than both.
    """
    team = Team.objects.filter(entrant=OuterRef("submission__entrant")).values("title")
    rows = Evaluation.objects.select_related(
        "method__container_image", "ground_truth", "submission__version__container_image"
    )
    if evaluation.state == Evaluation.State.FAILED:
        rows = rows.select_related("job")  # with its log, which organizers are shown
    found = rows.defer("metrics").annotate(team_title=Subquery(team[:1])).get(pk=evaluation.pk)
    vars(evaluation)["team_title"] = found.team_title
    evaluation.method, evaluation.ground_truth = found.method, found.ground_truth
    if evaluation.state == Evaluation.State.FAILED:
        evaluation.job = found.job
    if evaluation.submission.version is not None and found.submission.version is not None:
        evaluation.submission.version.container_image = found.submission.version.container_image


def get_case_for(user: Any, pk: UUID | str, number: int, *, action: str = "view") -> EvaluationCase:
    """Return a case of an evaluation by its number, else raise `NotFound`.

    Its scores are read with it, as ``score_rows``.
    """
    evaluation = get_evaluation_for(user, pk, action=action)
    scores = CaseScore.objects.filter(case=OuterRef("pk")).order_by("metric", "label")
    shown = JSONObject(metric=F("metric"), label=F("label"), value=F("value"))
    rows = evaluation.cases.select_related("job", "item__archive")
    rows = rows.annotate(score_rows=ArraySubquery(scores.values(found=shown)))
    case = rows.filter(order=number).first()
    if case is None:
        raise NotFound
    case.evaluation = evaluation
    return case


def submissions_for(user: Any) -> QuerySet[Submission]:
    """Return the submissions that ``user`` may look at, newest first."""
    return (
        SUBMISSIONS.visible_to(user)
        .select_related(
            "phase__challenge", "version__algorithm", "creator", "entrant__team", "competes_as"
        )
        .prefetch_related(_EVALUATIONS)
    )


def submissions_in(phase: Phase, *, viewer: Any) -> QuerySet[Submission]:
    """Return the submissions to ``phase`` that ``viewer`` may look at, newest first.

    Whoever shows them has the phase already, and puts it in its place.
    """
    rows = SUBMISSIONS.visible_to(viewer).filter(phase=phase)
    rows = rows.select_related("version__algorithm", "creator", "entrant__team")
    if phase.counts == Phase.Counts.CHOSEN:
        rows = rows.select_related("competes_as")
    return rows.prefetch_related(_EVALUATIONS)


def get_submission_for(user: Any, pk: UUID | str, *, action: str = "view") -> Submission:
    """Return the submission if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(SUBMISSIONS, user=user, pk=pk, action=action)


def served_predictions(user: Any, pk: UUID) -> ServedFile:
    """Return the file of a submission if ``user`` may read it, else raise `NotFound`."""
    rows = Submission.objects.select_related("phase__challenge")
    submission = fetch(SUBMISSIONS, user=user, pk=pk, action="read-file", queryset=rows)
    if not submission.file_key:
        raise NotFound
    return ServedFile(
        key=submission.file_key,
        filename=submission.file_name,
        content_type=BYTES,
        size=submission.file_size,
        audit_name="challenges.predictions.downloaded",
        audit_object=submission,
    )


def predictions_url(submission: Submission) -> str:
    """Return the address of a submission's file, which asks for permission; or nothing."""
    if not submission.file_key:
        return ""
    return file_url(kind="predictions", pk=submission.pk, filename=submission.file_name)


def phases_for(user: Any) -> QuerySet[Phase]:
    """Return the phases of the challenges that ``user`` may view."""
    found = Phase.objects.filter(challenge__in=CHALLENGES.visible_to(user))
    return found.select_related("challenge").prefetch_related("inputs", "outputs")


def evaluations_for(user: Any) -> QuerySet[Evaluation]:
    """Return the evaluations that ``user`` may look at, newest first, as the API lists them."""
    rows = EVALUATIONS.visible_to(user).select_related(
        "submission__phase__challenge", "submission__creator", "submission__entrant"
    )
    rows = CHALLENGES.with_role(user, rows, path="submission__phase__challenge")
    return rows.prefetch_related(
        Prefetch("submission__evaluations", Evaluation.objects.only("submission"))
    )


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


AS_ROW = (
    "state",
    "score",
    "rank",
    "reason",
    "finished_at",
    "submission__file_name",
    "submission__version__number",
    "submission__version__algorithm__title",
    "submission__competes_as_id",
)
"""What a row of the leaderboard shows, but for its entrant (`leaderboards.rankings.name_rows`)."""


def ranked_in(phase: Phase) -> QuerySet[Evaluation]:
    """Return the ranked evaluations, the best first."""
    ranked = Evaluation.objects.filter(
        submission__phase=phase,
        rank__isnull=False,
        state=Evaluation.State.SUCCEEDED,
        submission__state=Submission.State.ACCEPTED,
    )
    return ranked.order_by("rank", "finished_at")


def leaderboard_for(phase: Phase, rows: QuerySet[Evaluation] | None = None) -> QuerySet[Evaluation]:
    """Return the ranked evaluations, or those ``rows`` of them, without their metrics.

    ``spread`` is the standard deviation over cases that these give beside the score, if any;
    ``column_0`` and so on is what they hold for the columns that the organizers chose.
    """
    cases = EvaluationCase.objects.filter(evaluation=OuterRef("pk")).order_by()
    return (
        (ranked_in(phase) if rows is None else rows)
        .select_related(
            "submission__competes_as__person",
            "submission__competes_as__team",
            "submission__version__algorithm",
        )
        .defer("metrics", "organizer_reason", "result_faults")
        .annotate(
            case_total=Subquery(cases.values("evaluation").annotate(n=Count("pk")).values("n")),
            spread=_beside_score(phase, "std"),
            **{
                f"column_{number}": value_behind("metrics", column["path"])
                for number, column in enumerate(phase.leaderboard_columns)
            },
        )
    )


def unranked_for(user: Any, phase: Phase) -> QuerySet[Evaluation]:
    """Return the ended evaluations of entrants without a place, and why, as ``user`` may see them.

    The newest of each submission, the newest first.
    """
    newer = Evaluation.objects.filter(
        submission=OuterRef("submission"), created__gt=OuterRef("created")
    )
    placed = Evaluation.objects.filter(submission__phase=phase, rank__isnull=False)
    with_place = placed.filter(submission__competes_as=OuterRef("pk"))
    without = Entrant.objects.filter(~Exists(with_place), challenge=phase.challenge_id)
    ended = [Evaluation.State.FAILED, Evaluation.State.SUCCEEDED]
    return (
        EVALUATIONS.visible_in(user, phase)
        .filter(~Exists(newer), AmongFew("submission__competes_as", without.values("pk")))
        .filter(state__in=ended)
        .exclude(submission__state=Submission.State.WITHDRAWN)
        .select_related("submission__version__algorithm")
        .only(*AS_ROW)
        .order_by("-finished_at")
    )


def _beside_score(phase: Phase, name: str) -> Combinable:
    """Return what ``name`` is in metrics.json in the same place as the score."""
    *parents, leaf = phase.score_path.split(".")
    nothing = Value(None, output_field=JSONField())
    return nothing if leaf == name else value_at("metrics", [*parents, name])


def best_in(challenge: Challenge) -> dict[UUID, Evaluation]:
    """Return the evaluation that leads each phase, by phase id, in one query."""
    first = (
        Evaluation.objects.filter(submission__phase__challenge=challenge, rank=1)
        .filter(state=Evaluation.State.SUCCEEDED, submission__state=Submission.State.ACCEPTED)
        .select_related(
            "submission__phase", "submission__competes_as__person", "submission__competes_as__team"
        )
        .defer("metrics", "organizer_reason", "result_faults")
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
    methods = phase.methods.filter(container_image__state=ContainerImage.State.READY).values("pk")
    truths = phase.ground_truths.values("pk")
    ranked = Evaluation.objects.filter(
        Exists(methods), Exists(truths), submission__phase=phase, rank__isnull=False
    )
    newest = {"method": Subquery(methods[:1]), "ground_truth": Subquery(truths[:1])}
    return ranked.exclude(**newest).count()


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
        challenge.registration_questions.all(),
        EvaluationMethod.objects.filter(phase__challenge=challenge),
        GroundTruth.objects.filter(phase__challenge=challenge),
        submissions,
        Evaluation.objects.filter(submission__in=submissions),
    ]
