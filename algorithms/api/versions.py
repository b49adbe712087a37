"""The API of versions: container images of algorithms, and model weights."""

from typing import Any, Generic, TypeVar, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from algorithms import selectors, services
from algorithms.api import serializers
from algorithms.models import AlgorithmModel, AlgorithmVersion
from app.accounts.models import User
from app.core.api.filters import KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.uploads.selectors import get_upload_for

V = TypeVar("V", AlgorithmVersion, AlgorithmModel)


class StagedViewSet(ResourceViewSet[V], Generic[V]):
    """What an algorithm has in numbered versions, each in a stage."""

    area = "algorithms"
    filters = {"algorithm": KeyFilter("algorithm")}
    ordering_fields = ("number", "created")

    def next_from(self, by: type[Serializer[Any]]) -> dict[str, Any]:
        """Return what makes the next version, checked by a serializer."""
        given, actor = self.checked(by), cast(User, self.request.user)
        algorithm = key_of(given["algorithm"])
        return {
            "actor": actor,
            "algorithm": selectors.get_algorithm_for(actor, algorithm, action="change"),
            "upload": get_upload_for(actor, given["user_upload"]),
            "comment": given.get("comment", ""),
        }

    @extend_schema(request=serializers.StageChangeSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Move a version to another stage."""
        version = self.find(key_of(pk), "change")
        given = self.checked(serializers.StageChangeSerializer)
        services.change_stage(
            actor=cast(User, request.user),
            version=version,
            to=given["stage"],
            comment=given.get("comment", ""),
        )
        return self.shown(self.find(key_of(pk), "view"))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a version that nothing was run with."""
        version = self.find(key_of(pk), "change")
        services.delete_version(actor=cast(User, request.user), version=version)
        return Response(status=204)


class ContainerImageViewSet(StagedViewSet[AlgorithmVersion]):
    """Container images of algorithms."""

    queryset = AlgorithmVersion.objects.none()
    serializer_class = serializers.ContainerImageSerializer

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
        given = self.next_from(serializers.NewContainerImageSerializer)
        return self.shown(services.add_version(**given), status=201)

    @extend_schema(
        request=serializers.CallingSerializer, responses=serializers.ContainerImageSerializer
    )
    @action(detail=True, methods=["patch"])
    def calling(self, request: Request, pk: str) -> Response:
        """Say whether the container stays up and is called for each case."""
        version = self.find(key_of(pk), "change")
        given = self.checked(serializers.CallingSerializer)
        actor = cast(User, request.user)
        services.change_calling(actor=actor, version=version, serves=given["serves"])
        return self.shown(self.find(key_of(pk), "view"))


class ModelViewSet(StagedViewSet[AlgorithmModel]):
    """Model weights of algorithms."""

    queryset = AlgorithmModel.objects.none()
    serializer_class = serializers.ModelSerializer

    def get_queryset(self) -> QuerySet[AlgorithmModel]:
        """Return the model weights of visible algorithms."""
        return selectors.model_versions_for(self.request.user)

    def find(self, pk: Any, action: str) -> AlgorithmModel:
        """Return the model weights."""
        return selectors.get_model_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewModelSerializer, responses={201: serializers.ModelSerializer}
    )
    def create(self, request: Request) -> Response:
        """Take uploaded weights as the algorithm's next model."""
        given = self.next_from(serializers.NewModelSerializer)
        return self.shown(services.add_model(**given), status=201)
