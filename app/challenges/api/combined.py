"""The API of combined leaderboards: read alone."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from app.audit.services import record
from app.challenges.leaderboards import combined
from app.challenges.leaderboards.combined_files import combined_document
from app.challenges.models import CombinedBoard
from app.core.api.fields import KeyField, LinkField
from app.core.api.filters import KeyFilter
from app.core.api.pages import PageField
from app.core.api.views import ResourceViewSet, key_of


class CombinedBoardSerializer(serializers.ModelSerializer[CombinedBoard]):
    """A leaderboard over several phases."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:combined-leaderboard-detail", source="*", read_only=True)
    url = PageField("challenges:combined")
    challenge = LinkField("api:challenge-detail", source="challenge_id", read_only=True)

    class Meta:
        model = CombinedBoard
        fields = ("pk", "api_url", "url", "challenge", "title", "rule", "missing")
        read_only_fields = fields


class CombinedPhaseSerializer(serializers.Serializer[Any]):
    """A phase that counts."""

    pk = serializers.UUIDField()
    title = serializers.CharField()
    weight = serializers.FloatField()


class CombinedPlaceSerializer(serializers.Serializer[Any]):
    """An entrant's place, its rank in each phase in their order, or why there is none."""

    rank = serializers.IntegerField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    entrant = serializers.CharField()
    baseline = serializers.BooleanField()
    ranks = serializers.ListField(child=serializers.FloatField(allow_null=True))
    reason = serializers.CharField(allow_blank=True)


class CombinedPlacesSerializer(serializers.Serializer[Any]):
    """A combined leaderboard with its rules and places."""

    title = serializers.CharField()
    rule = serializers.CharField()
    missing = serializers.CharField()
    words = serializers.ListField(child=serializers.CharField())
    problem = serializers.CharField(allow_blank=True)
    phases = CombinedPhaseSerializer(many=True)
    places = CombinedPlaceSerializer(many=True)


class CombinedBoardViewSet(ResourceViewSet[CombinedBoard]):
    """Leaderboards over several phases."""

    area = "challenges"
    queryset = CombinedBoard.objects.none()
    serializer_class = CombinedBoardSerializer
    filters = {"challenge": KeyFilter("challenge")}
    ordering_fields = ("title", "created")

    def get_queryset(self) -> QuerySet[CombinedBoard]:
        """Return those of visible challenges."""
        return combined.boards_for(self.request.user)

    @extend_schema(responses=CombinedPlacesSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show one with its places, the best first."""
        board = combined.get_board_for(request.user, key_of(pk))
        record("challenges.leaderboard.read", obj=board, actor=request.user)
        return Response(combined_document(board, combined.places_of(board)))
