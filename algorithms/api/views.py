"""The API of algorithms and their interfaces."""

from typing import Any, cast

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from algorithms import selectors, services
from algorithms.api import serializers
from algorithms.models import Algorithm, AlgorithmInterface
from app.accounts.models import User
from app.core.api.filters import Filter, KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import NotFound, ValidationFailed
from app.sockets.models import Socket
from app.sockets.selectors import get_socket


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
        offered = selectors.interfaces_for(self.request.user).filter(withdrawn_at=None)
        return found.prefetch_related(Prefetch("interfaces", queryset=offered.order_by("pk")))

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
        public = given.pop("public", None)
        with transaction.atomic():
            if given:
                algorithm = services.update_algorithm(actor=actor, algorithm=algorithm, **given)
            if public is not None and public != algorithm.public:
                act = services.publish_algorithm if public else services.unpublish_algorithm
                act(actor=actor, algorithm=algorithm)
        return self.shown(algorithm)


class InterfaceViewSet(ResourceViewSet[AlgorithmInterface]):
    """What algorithms take and give."""

    area = "algorithms"
    queryset = AlgorithmInterface.objects.none()
    serializer_class = serializers.InterfaceDetailSerializer
    filters = {"algorithm": KeyFilter("algorithm")}

    def get_queryset(self) -> QuerySet[AlgorithmInterface]:
        """Return the interfaces of visible algorithms."""
        return selectors.interfaces_for(self.request.user)

    def find(self, pk: Any, action: str) -> AlgorithmInterface:
        """Return the interface."""
        return selectors.get_interface_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewInterfaceSerializer,
        responses={201: serializers.InterfaceDetailSerializer},
    )
    def create(self, request: Request) -> Response:
        """Add an interface to an algorithm."""
        given = self.checked(serializers.NewInterfaceSerializer)
        actor = cast(User, request.user)
        algorithm = selectors.get_algorithm_for(actor, key_of(given["algorithm"]), action="change")
        inputs, outputs = (_sockets(name, given[name]) for name in ("inputs", "outputs"))
        made = services.add_interface(
            actor=actor, algorithm=algorithm, inputs=inputs, outputs=outputs
        )
        return self.shown(made, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take no more runs through it. One with results is withdrawn and stays in the list."""
        interface = self.find(key_of(pk), "change")
        services.remove_interface(actor=cast(User, request.user), interface=interface)
        return Response(status=204)


def _sockets(name: str, slugs: list[str]) -> list[Socket]:
    try:
        return [get_socket(slug) for slug in dict.fromkeys(slugs)]
    except NotFound as error:
        raise ValidationFailed(fields={name: [error.message]}) from error
