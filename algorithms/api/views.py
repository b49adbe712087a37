"""The API of algorithms and their container images."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from algorithms import selectors, services
from algorithms.api import serializers
from algorithms.models import Algorithm, AlgorithmVersion
from app.accounts.models import User
from app.core.api.filters import Filter, KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import NotFound, ValidationFailed
from app.sockets.models import Socket
from app.sockets.selectors import get_socket
from app.uploads.selectors import get_upload_for


class AlgorithmViewSet(ResourceViewSet[Algorithm]):
    """Algorithms."""

    area = "algorithms"
    queryset = Algorithm.objects.none()
    serializer_class = serializers.AlgorithmSerializer
    filters = {"slug": Filter("slug"), "title": Filter("title")}
    ordering_fields = ("title", "created")

    def get_queryset(self) -> QuerySet[Algorithm]:
        """Return the visible algorithms."""
        found = selectors.algorithms_for(self.request.user)
        return found.prefetch_related("interfaces__inputs", "interfaces__outputs")

    def find(self, pk: Any, action: str) -> Algorithm:
        """Return the algorithm."""
        return selectors.get_algorithm_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewAlgorithmSerializer, responses={201: serializers.AlgorithmSerializer}
    )
    def create(self, request: Request) -> Response:
        """Make an algorithm; the caller is its editor."""
        given = self.checked(serializers.NewAlgorithmSerializer)
        inputs, outputs = (_sockets(name, given.pop(name)) for name in ("inputs", "outputs"))
        actor = cast(User, request.user)
        made = services.create_algorithm(actor=actor, inputs=inputs, outputs=outputs, **given)
        return self.shown(made, status=201)

    @extend_schema(
        request=serializers.AlgorithmChangeSerializer, responses=serializers.AlgorithmSerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change an algorithm."""
        algorithm = self.find(key_of(pk), "change")
        given = self.checked(serializers.AlgorithmChangeSerializer, partial=True)
        actor = cast(User, request.user)
        return self.shown(services.update_algorithm(actor=actor, algorithm=algorithm, **given))


class ContainerImageViewSet(ResourceViewSet[AlgorithmVersion]):
    """Container images of algorithms."""

    area = "algorithms"
    queryset = AlgorithmVersion.objects.none()
    serializer_class = serializers.ContainerImageSerializer
    filters = {"algorithm": KeyFilter("algorithm")}
    ordering_fields = ("number", "created")

    def get_queryset(self) -> QuerySet[AlgorithmVersion]:
        """Return the versions of visible algorithms."""
        return selectors.versions_for(self.request.user)

    def find(self, pk: Any, action: str) -> AlgorithmVersion:
        """Return the version."""
        return selectors.get_version_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewContainerImageSerializer,
        responses={201: serializers.ContainerImageSerializer},
    )
    def create(self, request: Request) -> Response:
        """Take an uploaded container archive as the algorithm's next version."""
        given = self.checked(serializers.NewContainerImageSerializer)
        actor = cast(User, request.user)
        version = services.add_version(
            actor=actor,
            algorithm=selectors.get_algorithm_for(
                actor, key_of(given["algorithm"]), action="change"
            ),
            upload=get_upload_for(actor, given["user_upload"]),
            comment=given.get("comment", ""),
        )
        return self.shown(version, status=201)


def _sockets(name: str, slugs: list[str]) -> list[Socket]:
    try:
        return [get_socket(slug) for slug in dict.fromkeys(slugs)]
    except NotFound as error:
        raise ValidationFailed(fields={name: [error.message]}) from error
