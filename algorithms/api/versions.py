"""The API of versions: container images of algorithms, and model weights."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from algorithms import selectors, services
from algorithms.api import serializers
from algorithms.models import AlgorithmModel, AlgorithmVersion
from app.accounts.models import User
from app.core.api.filters import KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.uploads.selectors import get_upload_for


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

    @extend_schema(
        request=serializers.StageChangeSerializer, responses=serializers.ContainerImageSerializer
    )
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


class ModelViewSet(ResourceViewSet[AlgorithmModel]):
    """Model weights of algorithms."""

    area = "algorithms"
    queryset = AlgorithmModel.objects.none()
    serializer_class = serializers.ModelSerializer
    filters = {"algorithm": KeyFilter("algorithm")}
    ordering_fields = ("number", "created")

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
        given = self.checked(serializers.NewModelSerializer)
        actor = cast(User, request.user)
        model = services.add_model(
            actor=actor,
            algorithm=selectors.get_algorithm_for(
                actor, key_of(given["algorithm"]), action="change"
            ),
            upload=get_upload_for(actor, given["user_upload"]),
            comment=given.get("comment", ""),
        )
        return self.shown(model, status=201)

    @extend_schema(request=serializers.StageChangeSerializer, responses=serializers.ModelSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Move model weights to another stage."""
        model = self.find(key_of(pk), "change")
        given = self.checked(serializers.StageChangeSerializer)
        services.change_stage(
            actor=cast(User, request.user),
            version=model,
            to=given["stage"],
            comment=given.get("comment", ""),
        )
        return self.shown(self.find(key_of(pk), "view"))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete model weights that nothing was run with."""
        model = self.find(key_of(pk), "change")
        services.delete_version(actor=cast(User, request.user), version=model)
        return Response(status=204)
