"""Shapes of endpoints, and of calls of them."""

from typing import Any

from django.utils.duration import duration_iso_string
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from algorithms.api.job_serializers import JOB_STATUS
from algorithms.models import AlgorithmEndpoint, AlgorithmRun
from app.core.api.fields import KeyField, LinkField
from app.core.api.pages import PageField
from app.execution.models import Endpoint, Job
from app.sockets.api.serializers import (
    GivenValuesField,
    SocketValuePostSerializer,
    SocketValueSerializer,
)

ENDPOINT_STATUS = {
    Endpoint.State.QUEUED: "Queued",
    Endpoint.State.STARTING: "Started",
    Endpoint.State.RUNNING: "Running",
    Endpoint.State.STOPPING: "Stopping",
    Endpoint.State.STOPPED: "Stopped",
    Endpoint.State.FAILED: "Failed",
}


class EndpointSerializer(serializers.ModelSerializer[AlgorithmEndpoint]):
    """A container that is kept warm."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:endpoint-detail", source="*", read_only=True)
    url = PageField("algorithms:endpoint")
    algorithm = LinkField("api:algorithm-detail", source="version.algorithm_id", read_only=True)
    algorithm_image = LinkField("api:algorithm-image-detail", source="version_id", read_only=True)
    status = serializers.SerializerMethodField()
    remaining_lifetime = serializers.SerializerMethodField()
    invocations = serializers.IntegerField(source="endpoint.cases", read_only=True)
    error_message = serializers.CharField(source="endpoint.reason", read_only=True)

    class Meta:
        model = AlgorithmEndpoint
        fields = (
            "pk",
            "api_url",
            "url",
            "algorithm",
            "algorithm_image",
            "created",
            "status",
            "remaining_lifetime",
            "invocations",
            "error_message",
        )
        read_only_fields = ("created",)

    @extend_schema_field({"type": "string", "enum": list(ENDPOINT_STATUS.values())})
    def get_status(self, found: AlgorithmEndpoint) -> str:
        """Return the state in the words of the public API."""
        return ENDPOINT_STATUS[Endpoint.State(found.endpoint.state)]

    @extend_schema_field({"type": "string", "format": "duration"})
    def get_remaining_lifetime(self, found: AlgorithmEndpoint) -> str:
        """Return how long it stays when nobody calls it, ISO 8601."""
        return duration_iso_string(found.endpoint.remaining)


class NewEndpointSerializer(serializers.Serializer[Any]):
    """The algorithm to keep warm."""

    algorithm = LinkField("api:algorithm-detail")


class _InvocationSerializer(serializers.ModelSerializer[AlgorithmRun]):
    pk = KeyField(source="job_id", read_only=True)
    api_url = LinkField("api:invocation-detail", source="job_id", read_only=True)
    url = PageField("algorithms:run")
    endpoint = LinkField("api:endpoint-detail", source="job.endpoint_id", read_only=True)
    status = serializers.SerializerMethodField()
    error_message = serializers.CharField(source="job.reason", read_only=True)

    @extend_schema_field({"type": "string", "enum": list(JOB_STATUS.values())})
    def get_status(self, run: AlgorithmRun) -> str:
        """Return the state in the words of the public API."""
        return JOB_STATUS[Job.State(run.job.state)]


_FIELDS = ("pk", "api_url", "url", "endpoint", "inputs", "outputs", "status", "error_message")


class InvocationSerializer(_InvocationSerializer):
    """One call of an endpoint."""

    inputs = SocketValueSerializer(source="job.inputs", many=True, read_only=True)
    outputs = SocketValueSerializer(source="job.outputs", many=True, read_only=True)

    class Meta:
        model = AlgorithmRun
        fields = _FIELDS


class InvocationPostSerializer(_InvocationSerializer):
    """A call as it is answered to whoever just made it."""

    inputs = SocketValuePostSerializer(source="job.inputs", many=True, read_only=True)
    outputs = SocketValuePostSerializer(source="job.outputs", many=True, read_only=True)

    class Meta:
        model = AlgorithmRun
        fields = _FIELDS


class NewInvocationSerializer(serializers.Serializer[Any]):
    """An endpoint, and one value for each input of an interface of its algorithm."""

    endpoint = LinkField("api:endpoint-detail")
    inputs = GivenValuesField()
