"""The API of challenges: organized, submitted to, followed."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from algorithms.selectors import get_algorithm_for
from app.accounts.models import User
from app.audit.services import record
from app.challenges import selectors, services
from app.challenges.api import serializers, team_serializers
from app.challenges.api.designs import DesignsSerializer, NewDesignSerializer
from app.challenges.case_scores import score_rows
from app.challenges.designs import design_document
from app.challenges.kit.answer import kit_response
from app.challenges.models import Challenge, Evaluation, Phase, Submission
from app.challenges.policies import CHALLENGES
from app.challenges.progress import progress_of
from app.challenges.proposals import require_creating
from app.challenges.standing import standing_of
from app.challenges.teams import find_participant
from app.core.api.filters import Filter, KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import ValidationFailed
from app.uploads.selectors import get_upload_for
from archives.selectors import get_archive_for


class ChallengeViewSet(ResourceViewSet[Challenge]):
    """Challenges."""

    area = "challenges"
    queryset = Challenge.objects.none()
    serializer_class = serializers.ChallengeSerializer
    filters = {"slug": Filter("slug"), "title": Filter("title")}
    ordering_fields = ("title", "created")

    def get_queryset(self) -> QuerySet[Challenge]:
        """Return the visible challenges."""
        return selectors.challenges_for(self.request.user).prefetch_related("phases")

    def find(self, pk: Any, action: str) -> Challenge:
        """Return the challenge."""
        return selectors.get_challenge_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewChallengeSerializer, responses={201: serializers.ChallengeSerializer}
    )
    def create(self, request: Request) -> Response:
        """Make a challenge; the caller, who is verified, administers it."""
        require_creating(request.user)
        given = self.checked(serializers.NewChallengeSerializer)
        made = services.create_challenge(actor=cast(User, request.user), **given)
        return self.shown(made, status=201)

    @extend_schema(
        request=serializers.NewChallengeSerializer, responses=serializers.ChallengeSerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a challenge."""
        challenge = self.find(key_of(pk), "change")
        given = self.checked(serializers.NewChallengeSerializer, partial=True)
        actor = cast(User, request.user)
        return self.shown(services.update_challenge(actor=actor, challenge=challenge, **given))

    @extend_schema(
        request=serializers.CloneSerializer, responses={201: serializers.ChallengeSerializer}
    )
    @action(detail=True, methods=["post"])
    def clone(self, request: Request, pk: str) -> Response:
        """Make a new challenge with the phases, the declared design and the pages of this one."""
        challenge = self.find(key_of(pk), "clone")
        given = self.checked(serializers.CloneSerializer)
        actor = cast(User, request.user)
        made = services.clone_challenge(actor=actor, challenge=challenge, **given)
        return self.shown(made, status=201)

    @extend_schema(responses=DesignsSerializer)
    @action(detail=True, filter_backends=())
    def design(self, request: Request, pk: str) -> Response:
        """Return the declared designs of the challenge and its phases, with all versions."""
        return Response(design_document(self.find(key_of(pk), "view")))

    @extend_schema(request=NewDesignSerializer, responses=DesignsSerializer)
    @design.mapping.put
    def declare(self, request: Request, pk: str) -> Response:
        """Declare the challenge's design; after the opening that is an amendment with a reason."""
        challenge = self.find(key_of(pk), "change")
        given = self.checked(NewDesignSerializer)
        services.declare_design(actor=cast(User, request.user), challenge=challenge, **given)
        return Response(design_document(challenge))


class PhaseViewSet(ResourceViewSet[Phase]):
    """Phases of challenges, and their leaderboards."""

    area = "challenges"
    queryset = Phase.objects.none()
    serializer_class = serializers.PhaseSerializer
    filters = {"challenge": KeyFilter("challenge"), "challenge__slug": Filter("challenge__slug")}
    ordering_fields = ("created", "title")

    def get_queryset(self) -> QuerySet[Phase]:
        """Return the phases of visible challenges."""
        return selectors.phases_for(self.request.user)

    def find(self, pk: Any, action: str) -> Phase:
        """Return the phase."""
        return selectors.get_phase_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewPhaseSerializer, responses={201: serializers.PhaseSerializer}
    )
    def create(self, request: Request) -> Response:
        """Add a phase to a challenge."""
        given = self.checked(serializers.NewPhaseSerializer)
        actor = cast(User, request.user)
        challenge = selectors.get_challenge_for(
            actor, key_of(given.pop("challenge")), action="change"
        )
        chosen = given.pop("archive", None)
        archive = get_archive_for(actor, key_of(chosen), action="change") if chosen else None
        _find_parent(actor, given)
        made = services.create_phase(actor=actor, challenge=challenge, archive=archive, **given)
        return self.shown(made, status=201)

    @extend_schema(request=serializers.PhaseChangeSerializer, responses=serializers.PhaseSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a phase; a change of the ranking rule ranks anew."""
        phase = self.find(key_of(pk), "change")
        given = self.checked(serializers.PhaseChangeSerializer, partial=True)
        actor = cast(User, request.user)
        _find_parent(actor, given)
        return self.shown(services.update_phase(actor=actor, phase=phase, **given))

    @extend_schema(responses=serializers.PlaceSerializer(many=True))
    @action(detail=True, filter_backends=())
    def leaderboard(self, request: Request, pk: str) -> Response:
        """List the places, the best first."""
        phase = self.find(key_of(pk), "view")
        record("challenges.leaderboard.read", obj=phase, actor=request.user)
        rows = selectors.leaderboard_for(phase).select_related(
            "submission__creator", "submission__phase"
        )
        page = self.paginate_queryset(rows)  # type: ignore[arg-type]
        known = {"organizes": CHALLENGES.allows(request.user, phase.challenge, "change")}
        places = serializers.PlaceSerializer(page, many=True, context=known)  # type: ignore[arg-type]
        return self.get_paginated_response(places.data)

    @extend_schema(
        request=serializers.TakeoverSerializer, responses={201: serializers.TakenSerializer}
    )
    @action(detail=True, methods=["post"])
    def methods(self, request: Request, pk: str) -> Response:
        """Take an uploaded container archive as the evaluation method."""
        phase = self.find(key_of(pk), "change")
        method = services.add_method(actor=cast(User, request.user), phase=phase, **self._upload())
        return self.shown(method, status=201, by=serializers.TakenSerializer)

    @extend_schema(
        request=serializers.TakeoverSerializer, responses={201: serializers.TakenSerializer}
    )
    @action(detail=True, methods=["post"], url_path="ground-truths")
    def ground_truths(self, request: Request, pk: str) -> Response:
        """Take an uploaded tar archive as the ground truth."""
        phase = self.find(key_of(pk), "change")
        truth = services.add_ground_truth(
            actor=cast(User, request.user), phase=phase, **self._upload()
        )
        return self.shown(truth, status=201, by=serializers.TakenSerializer)

    @extend_schema(request=NewDesignSerializer, responses=DesignsSerializer)
    @action(detail=True, methods=["put"])
    def design(self, request: Request, pk: str) -> Response:
        """Declare what differs in this phase from the challenge's design."""
        phase = self.find(key_of(pk), "change")
        given = self.checked(NewDesignSerializer)
        actor, challenge = cast(User, request.user), phase.challenge
        services.declare_design(actor=actor, challenge=challenge, phase=phase, **given)
        return Response(design_document(challenge))

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, filter_backends=(), url_path="starter-kit")
    def starter_kit(self, request: Request, pk: str) -> StreamingHttpResponse:
        """Download the starter kit: sample, schemas, examples, and how to run them, as a zip."""
        return kit_response(request._request, self.find(key_of(pk), "submit"))

    @extend_schema(
        request=serializers.PredictionsUploadSerializer,
        responses=serializers.CheckedPredictionsSerializer,
    )
    @action(detail=True, methods=["post"], url_path="check-predictions")
    def check_predictions(self, request: Request, pk: str) -> Response:
        """Say whether the phase takes an uploaded file; it is not handed in by that.

        A phase takes one JSON or CSV file, as `predictions_form` says; archives are refused.
        """
        phase = self.find(key_of(pk), "submit")
        given = self.checked(serializers.PredictionsUploadSerializer)
        upload = get_upload_for(request.user, given["user_upload"])
        services.require_taken(phase)
        faults = services.faults_of_predictions(phase, upload)
        found = {"fits": not faults, "faults": faults}
        return Response(serializers.CheckedPredictionsSerializer(found).data)

    @extend_schema(responses=team_serializers.StandingSerializer)
    @action(detail=True, filter_backends=())
    def standing(self, request: Request, pk: str) -> Response:
        """Say how many submissions the caller, or their team, has left, and when there are more."""
        phase = self.find(key_of(pk), "submit")
        found = standing_of(cast(User, request.user), phase)
        return self.shown(found, by=team_serializers.StandingSerializer)

    @extend_schema(
        request=team_serializers.NewGrantSerializer,
        responses={201: team_serializers.GrantSerializer},
    )
    @action(detail=True, methods=["post"])
    def grants(self, request: Request, pk: str) -> Response:
        """Grant more submissions to a person, or to the team that they are in."""
        phase = self.find(key_of(pk), "change")
        given = self.checked(team_serializers.NewGrantSerializer)
        person = find_participant(phase.challenge, given["user"])
        if person is None:
            raise ValidationFailed(fields={"user": ["Nobody of that name takes part here."]})
        made = services.grant_submissions(
            actor=cast(User, request.user),
            phase=phase,
            entrant=services.entrant_of(person, phase.challenge),
            amount=given["amount"],
            reason=given["reason"],
        )
        return self.shown(made, status=201, by=team_serializers.GrantSerializer)

    @extend_schema(
        request=serializers.CauseSerializer, responses={201: serializers.TakenSerializer(many=True)}
    )
    @action(detail=True, methods=["post"], url_path="evaluate-again")
    def evaluate_again(self, request: Request, pk: str) -> Response:
        """Evaluate every submission again by the current method and ground truth."""
        phase = self.find(key_of(pk), "change")
        given = self.checked(serializers.CauseSerializer)
        actor = cast(User, request.user)
        made = services.evaluate_phase_again(actor=actor, phase=phase, **given)
        return Response(serializers.TakenSerializer(made, many=True).data, status=201)

    def _upload(self) -> dict[str, Any]:
        given = self.checked(serializers.TakeoverSerializer)
        upload = get_upload_for(self.request.user, given["user_upload"])
        return {"upload": upload, "note": given.get("note", "")}


def _find_parent(actor: User, given: dict[str, Any]) -> None:
    """Put the phase itself in the place of its key; the service says whether it may be one."""
    if given.get("parent"):
        given["parent"] = selectors.get_phase_for(actor, key_of(given["parent"]), action="change")


class SubmissionViewSet(ResourceViewSet[Submission]):
    """Submissions: the caller's own, and those to challenges that the caller administers."""

    area = "challenges"
    queryset = Submission.objects.none()
    serializer_class = serializers.SubmissionSerializer
    filters = {"phase": KeyFilter("phase"), "challenge": KeyFilter("phase__challenge")}
    ordering_fields = ("created",)

    def get_queryset(self) -> QuerySet[Submission]:
        """Return the visible submissions."""
        return selectors.submissions_for(self.request.user)

    def find(self, pk: Any, action: str) -> Submission:
        """Return the submission."""
        return selectors.get_submission_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewSubmissionSerializer,
        responses={201: serializers.SubmissionSerializer},
    )
    def create(self, request: Request) -> Response:
        """Hand in an algorithm, or a file where the phase takes one; its evaluation starts."""
        given = self.checked(serializers.NewSubmissionSerializer)
        actor = cast(User, request.user)
        phase = selectors.get_phase_for(actor, key_of(given["phase"]), action="submit")
        wanted = "user_upload" if phase.takes_predictions else "algorithm"
        if wanted not in given:
            raise ValidationFailed(fields={wanted: ["This phase wants it."]})
        comment = given.get("comment", "")
        if phase.takes_predictions:
            upload = get_upload_for(actor, given["user_upload"])
            made = services.submit_predictions(
                actor=actor, phase=phase, upload=upload, comment=comment
            )
        else:
            algorithm = get_algorithm_for(actor, key_of(given["algorithm"]), action="submit")
            made = services.submit_algorithm(
                actor=actor, phase=phase, algorithm=algorithm, comment=comment
            )
        return self.shown(made, status=201)

    @extend_schema(request=None, responses=serializers.SubmissionSerializer)
    @action(detail=True, methods=["post"])
    def choose(self, request: Request, pk: str) -> Response:
        """Choose it as the result that counts, where the phase lets participants choose."""
        submission = self.find(key_of(pk), "choose")
        actor = cast(User, request.user)
        return self.shown(services.choose_submission(actor=actor, submission=submission))

    @extend_schema(
        request=serializers.CauseSerializer, responses={201: serializers.EvaluationSerializer}
    )
    @action(detail=True, methods=["post"], url_path="evaluate-again")
    def evaluate_again(self, request: Request, pk: str) -> Response:
        """Evaluate it again by the current method and ground truth; organizers may."""
        submission = self.find(key_of(pk), "organize")
        given = self.checked(serializers.CauseSerializer)
        actor = cast(User, request.user)
        made = services.evaluate_again(actor=actor, submission=submission, **given)
        return self.shown(made, status=201, by=serializers.EvaluationSerializer)


class EvaluationViewSet(ResourceViewSet[Evaluation]):
    """Evaluations of visible submissions."""

    area = "challenges"
    queryset = Evaluation.objects.none()
    serializer_class = serializers.EvaluationSerializer
    filters = {
        "submission": KeyFilter("submission"),
        "submission__phase": KeyFilter("submission__phase"),
    }
    ordering_fields = ("created", "rank")

    def get_queryset(self) -> QuerySet[Evaluation]:
        """Return the visible evaluations."""
        return selectors.evaluations_for(self.request.user)

    def find(self, pk: Any, action: str) -> Evaluation:
        """Return the evaluation."""
        return selectors.get_evaluation_for(self.request.user, pk, action=action)

    @extend_schema(responses=serializers.CaseScoreSerializer(many=True))
    @action(detail=True, filter_backends=(), pagination_class=None)
    def scores(self, request: Request, pk: str) -> Response:
        """List the scores of single cases; participants where the phase shows them."""
        evaluation = self.find(key_of(pk), "view")
        return Response(list(score_rows(request.user, evaluation)))

    @extend_schema(responses=serializers.ProgressSerializer)
    @action(detail=True, filter_backends=())
    def progress(self, request: Request, pk: str) -> Response:
        """Show how far it is: cases done, place in the line, expected start."""
        found = progress_of(self.find(key_of(pk), "view"))
        return Response(serializers.ProgressSerializer(found).data)
