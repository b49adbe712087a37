"""The API of endpoints: containers that people keep warm."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from algorithms import selectors, services
from algorithms.api import endpoint_serializers as serializers
from algorithms.models import AlgorithmEndpoint
from algorithms.services.starting import version_to_run
from app.accounts.models import User
from app.core.api.filters import Filter, KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.execution.services.endpoints import keep_alive, stop_endpoint


class StatusFilter(Filter):
    """A state in the words of the public API."""

    schema = {"type": "string", "enum": list(serializers.ENDPOINT_STATUS.values())}

    def read(self, given: str) -> Any:
        """Return the state."""
        for state, word in serializers.ENDPOINT_STATUS.items():
            if word.lower() == given.lower():
                return state
        raise ValueError(given)


class EndpointViewSet(ResourceViewSet[AlgorithmEndpoint]):
    """Containers that the caller keeps warm."""

    area = "algorithms"
    queryset = AlgorithmEndpoint.objects.none()
    serializer_class = serializers.EndpointSerializer
    filters = {
        "status": StatusFilter("endpoint__state"),
        "algorithm": KeyFilter("version__algorithm"),
    }
    ordering_fields = ("created",)

    def get_queryset(self) -> QuerySet[AlgorithmEndpoint]:
        """Return the visible endpoints."""
        return selectors.endpoints_for(self.request.user)

    def find(self, pk: Any, action: str) -> AlgorithmEndpoint:
        """Return the endpoint."""
        return selectors.get_endpoint_for(self.request.user, pk, action=action)

    @extend_schema(
        request=serializers.NewEndpointSerializer, responses={201: serializers.EndpointSerializer}
    )
    def create(self, request: Request) -> Response:
        """Have a container of the algorithm started that stays for the caller."""
        given = self.checked(serializers.NewEndpointSerializer)
        actor = cast(User, request.user)
        key = key_of(given["algorithm"])
        algorithm = selectors.get_algorithm_for(actor, key, action="run")
        found = services.keep_warm(actor=actor, version=version_to_run(algorithm))
        return self.shown(found, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Stop the container; it stays in the list."""
        found = self.find(key_of(pk), "stop")
        stop_endpoint(actor=cast(User, request.user), endpoint=found.endpoint)
        return Response(status=204)

    @extend_schema(request=None, responses=serializers.EndpointSerializer)
    @action(detail=True, methods=["patch"])
    def keep_alive(self, request: Request, pk: str) -> Response:
        """Let the container stay for its full time from now on, although nobody calls it."""
        found = self.find(key_of(pk), "keep")
        keep_alive(actor=cast(User, request.user), endpoint=found.endpoint)
        return self.shown(found)
