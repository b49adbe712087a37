"""The API of sockets."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts.models import User
from app.core.api.filters import Filter
from app.core.api.views import Conditional, ResourceViewSet, number_of
from app.core.errors import NotFound
from app.sockets import selectors, services
from app.sockets.api.serializers import KindSerializer, NewSocketSerializer, SocketSerializer
from app.sockets.models import Socket
from app.sockets.schemas import KINDS


class SocketViewSet(ResourceViewSet[Socket]):
    """Sockets: the typed, named slots that cases, jobs and results are made of."""

    area = "sockets"
    queryset = Socket.objects.none()
    serializer_class = SocketSerializer
    filters = {"slug": Filter("slug"), "kind": Filter("kind")}
    ordering_fields = ("title", "slug", "created")

    def get_queryset(self) -> QuerySet[Socket]:
        """Return the sockets."""
        return selectors.sockets().select_related("look_up_table")

    def find(self, pk: object, action: str) -> Socket:
        """Return the socket."""
        found = self.get_queryset().filter(pk=pk).first()  # type: ignore[misc]
        if found is None:
            raise NotFound
        return found

    def retrieve(self, request: Request, pk: str) -> Response:
        """Show a socket."""
        return self.shown(self.find(number_of(pk), "view"))

    @extend_schema(request=NewSocketSerializer, responses={201: SocketSerializer})
    def create(self, request: Request) -> Response:
        """Make a socket."""
        given = self.checked(NewSocketSerializer)
        return self.shown(
            services.create_socket(actor=cast(User, request.user), **given), status=201
        )

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, url_path="schema")
    def json_schema(self, request: Request, pk: str) -> Response:
        """Return the JSON Schema of the socket's values: the kind's and its own together."""
        return Response(selectors.schema_of(self.find(number_of(pk), "view")))


class KindViewSet(Conditional, viewsets.ViewSet):
    """The kinds of sockets that there are."""

    area = "sockets"

    @extend_schema(responses={200: KindSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """Return every kind with its JSON Schema and an example."""
        kinds: Any = list(KINDS.values())
        return Response(KindSerializer(kinds, many=True).data)

    @extend_schema(responses={200: KindSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one kind by its key, such as ``MPOI``."""
        if pk not in KINDS:
            raise NotFound
        return Response(KindSerializer(KINDS[pk]).data)
