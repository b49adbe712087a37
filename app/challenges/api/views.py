"""The API of challenges: organized, submitted to, followed."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from algorithms.selectors import get_algorithm_for
from app.accounts.models import User
from app.audit.services import record
from app.challenges import selectors, services
from app.challenges.api import serializers
from app.challenges.api.designs import DesignsSerializer, NewDesignSerializer
from app.challenges.designs import design_document
from app.challenges.models import Challenge, Evaluation, Phase, Submission
from app.core.api.filters import Filter, KeyFilter
from app.core.api.views import ResourceViewSet, key_of
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
        return selectors.challenges_for(self.request.user)

    def find(self, pk: Any, action: str) -> Challenge:
        """Return the challenge."""
        return selectors.get_challenge_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewChallengeSerializer, responses={201: serializers.ChallengeSerializer}
    )
    def create(self, request: Request) -> Response:
        """Make a challenge; the caller administers it."""
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
        archive = get_archive_for(actor, key_of(given.pop("archive")), action="change")
        made = services.create_phase(actor=actor, challenge=challenge, archive=archive, **given)
        return self.shown(made, status=201)

    @extend_schema(request=serializers.PhaseChangeSerializer, responses=serializers.PhaseSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a phase; a change of the ranking rule ranks anew."""
        phase = self.find(key_of(pk), "change")
        given = self.checked(serializers.PhaseChangeSerializer, partial=True)
        actor = cast(User, request.user)
        return self.shown(services.update_phase(actor=actor, phase=phase, **given))

    @extend_schema(responses=serializers.PlaceSerializer(many=True))
    @action(detail=True, filter_backends=())
    def leaderboard(self, request: Request, pk: str) -> Response:
        """List the places, the best first."""
        phase = self.find(key_of(pk), "view")
        record("challenges.leaderboard.read", obj=phase, actor=request.user)
        page = self.paginate_queryset(selectors.leaderboard_for(phase))  # type: ignore[arg-type]
        places = serializers.PlaceSerializer(page, many=True)  # type: ignore[arg-type]
        return self.get_paginated_response(places.data)

    @extend_schema(
        request=serializers.TakeoverSerializer, responses={201: serializers.TakenSerializer}
    )
    @action(detail=True, methods=["post"])
    def methods(self, request: Request, pk: str) -> Response:
        """Take an uploaded container archive as the evaluation method."""
        phase = self.find(key_of(pk), "change")
        method = services.add_method(
            actor=cast(User, request.user), phase=phase, upload=self._upload()
        )
        return self.shown(method, status=201, by=serializers.TakenSerializer)

    @extend_schema(
        request=serializers.TakeoverSerializer, responses={201: serializers.TakenSerializer}
    )
    @action(detail=True, methods=["post"], url_path="ground-truths")
    def ground_truths(self, request: Request, pk: str) -> Response:
        """Take an uploaded tar archive as the ground truth."""
        phase = self.find(key_of(pk), "change")
        truth = services.add_ground_truth(
            actor=cast(User, request.user), phase=phase, upload=self._upload()
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

    def _upload(self) -> Any:
        given = self.checked(serializers.TakeoverSerializer)
        return get_upload_for(self.request.user, given["user_upload"])


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
        """Hand in an algorithm; its evaluation starts at once."""
        given = self.checked(serializers.NewSubmissionSerializer)
        actor = cast(User, request.user)
        made = services.submit_algorithm(
            actor=actor,
            phase=selectors.get_phase_for(actor, key_of(given["phase"]), action="submit"),
            algorithm=get_algorithm_for(actor, key_of(given["algorithm"]), action="submit"),
            comment=given.get("comment", ""),
        )
        return self.shown(made, status=201)


class EvaluationViewSet(ResourceViewSet[Evaluation]):
    """Evaluations of visible submissions."""

    area = "challenges"
    queryset = Evaluation.objects.none()
    serializer_class = serializers.EvaluationSerializer
    filters = {
        "submission": KeyFilter("submission"),
        "submission__phase": KeyFilter("submission__phase"),
    }
    ordering_fields = ("created", "rank", "score")

    def get_queryset(self) -> QuerySet[Evaluation]:
        """Return the visible evaluations."""
        return selectors.evaluations_for(self.request.user)

    def find(self, pk: Any, action: str) -> Evaluation:
        """Return the evaluation."""
        return selectors.get_evaluation_for(self.request.user, pk, action=action)
