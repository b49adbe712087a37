"""The API of invocations: calls of endpoints. Each is a job, too."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from algorithms import selectors, services
from algorithms.api import endpoint_serializers as serializers
from algorithms.models import AlgorithmRun
from app.accounts.models import User
from app.core.api.filters import KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.sockets.api.serializers import given_value


class InvocationViewSet(ResourceViewSet[AlgorithmRun]):
    """Calls of endpoints; `algorithms/jobs/` has their logs and cancels them."""

    area = "algorithms"
    queryset = AlgorithmRun.objects.none()
    serializer_class = serializers.InvocationSerializer
    filters = {"endpoint": KeyFilter("job__endpoint")}
    ordering_fields = ("created",)

    def get_queryset(self) -> QuerySet[AlgorithmRun]:
        """Return the visible calls."""
        return selectors.calls_for(self.request.user)

    def find(self, pk: Any, action: str) -> AlgorithmRun:
        """Return the call."""
        return selectors.get_call_for(self.request.user, pk)

    @extend_schema(
        request=serializers.NewInvocationSerializer,
        responses={201: serializers.InvocationPostSerializer},
    )
    def create(self, request: Request) -> Response:
        """Call an endpoint; its container answers when all inputs are there."""
        given = self.checked(serializers.NewInvocationSerializer)
        actor = cast(User, request.user)
        key = key_of(given["endpoint"])
        endpoint = selectors.get_endpoint_for(actor, key, action="call")
        selectors.get_algorithm_for(actor, endpoint.version.algorithm_id, action="run")
        run = services.call_endpoint(
            actor=actor,
            endpoint=endpoint,
            given=[given_value(actor, value) for value in given["inputs"]],
        )
        return self.shown(run, status=201, by=serializers.InvocationPostSerializer)
