"""The API of view sessions and of viewer configurations, of which there are none yet."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from app.core.api.fields import KeyField
from app.core.api.views import Conditional, ResourceViewSet
from app.core.errors import NotFound
from viewer.models import ViewSession
from viewer.selectors import get_session_for, sessions_for


class SessionSerializer(serializers.ModelSerializer[ViewSession]):
    """A view session."""

    pk = KeyField(read_only=True)
    status = serializers.CharField(source="get_state_display", read_only=True)

    class Meta:
        model = ViewSession
        fields = ("pk", "status", "created", "expires_at")
        read_only_fields = fields


class SessionViewSet(ResourceViewSet[ViewSession]):
    """The caller's view sessions."""

    area = "images"
    queryset = ViewSession.objects.none()
    serializer_class = SessionSerializer
    ordering_fields = ("created",)

    def get_queryset(self) -> QuerySet[ViewSession]:
        """Return the own sessions."""
        return sessions_for(self.request.user)

    def find(self, pk: Any, action: str) -> ViewSession:
        """Return the session."""
        return get_session_for(self.request.user, pk)


class ConfigSerializer(serializers.Serializer[Any]):
    """A viewer configuration."""

    pk = serializers.CharField()
    title = serializers.CharField()


class ConfigViewSet(Conditional, viewsets.GenericViewSet[Any]):
    """Viewer configurations. The viewer has one way to work, so there are none."""

    area = "images"
    serializer_class = ConfigSerializer
    filter_backends = ()

    @extend_schema(responses=ConfigSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the configurations: none."""
        self.paginate_queryset([])  # type: ignore[arg-type]
        return self.get_paginated_response([])

    def retrieve(self, request: Request, pk: str) -> Response:
        """Find no configuration."""
        raise NotFound
