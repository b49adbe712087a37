"""Shapes of jobs."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.duration import duration_iso_string
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from algorithms.models import AlgorithmRun
from algorithms.selectors import hidden_images
from app.core.api.fields import KeyField, LinkField
from app.core.api.pages import PageField
from app.execution.models import Job
from app.execution.selectors import Prospects, prospects
from app.execution.services import job_limits
from app.sockets.api.serializers import (
    GivenValuesField,
    SocketValuePostSerializer,
    SocketValueSerializer,
)
from viewer.api.hanging_serializers import ContentField, HangingProtocolSerializer

JOB_STATUS = {
    Job.State.VALIDATING_INPUTS: "Validating inputs",
    Job.State.QUEUED: "Queued",
    Job.State.PROVISIONING: "Provisioning",
    Job.State.EXECUTING: "Started",
    Job.State.PARSING: "Parsing Outputs",
    Job.State.SUCCEEDED: "Succeeded",
    Job.State.FAILED: "Failed",
    Job.State.CANCELLED: "Cancelled",
}


class _JobSerializer(serializers.ModelSerializer[AlgorithmRun]):
    pk = KeyField(source="job_id", read_only=True)
    url = PageField("algorithms:run")
    api_url = LinkField("api:job-detail", source="job_id", read_only=True)
    algorithm = LinkField("api:algorithm-detail", source="version.algorithm_id", read_only=True)
    algorithm_image = LinkField("api:algorithm-image-detail", source="version_id", read_only=True)
    status = serializers.SerializerMethodField()
    error_message = serializers.CharField(source="job.reason", read_only=True)
    hanging_protocol = HangingProtocolSerializer(
        source="version.algorithm.hanging_protocol", read_only=True, allow_null=True
    )
    optional_hanging_protocols = HangingProtocolSerializer(
        source="version.algorithm.optional_hanging_protocols", many=True, read_only=True
    )
    view_content = ContentField(source="version.algorithm.view_content", read_only=True)
    exec_duration = serializers.SerializerMethodField()
    invoke_duration = serializers.SerializerMethodField()
    _hidden: set[UUID] | None = None

    def to_representation(self, run: AlgorithmRun) -> dict[str, Any]:
        """Return the job without images that went in and that the reader may not see."""
        shown = super().to_representation(run)
        hidden = self._hidden_images(run)
        if hidden:
            values = {value.pk for value in run.job.inputs.all() if value.image_id in hidden}
            shown["inputs"] = [value for value in shown["inputs"] if value["pk"] not in values]
        return shown

    def _hidden_images(self, run: AlgorithmRun) -> set[UUID]:
        """Ask once for a whole page of jobs: one serializer shows all of them."""
        if self._hidden is None:
            page = getattr(self.parent, "instance", None) or [run]
            self._hidden = hidden_images(self.context["request"].user, page)
        return self._hidden

    @extend_schema_field({"type": "string", "enum": list(JOB_STATUS.values())})
    def get_status(self, run: AlgorithmRun) -> str:
        """Return the state in the words of the public API."""
        return JOB_STATUS[Job.State(run.job.state)]

    def get_exec_duration(self, run: AlgorithmRun) -> str:
        """Return how long it ran, ISO 8601; zero before it has ended."""
        job = run.job
        ended = job.started_at is not None and job.finished_at is not None
        took = job.finished_at - job.started_at if ended else timedelta()  # type: ignore[operator]
        return duration_iso_string(took)

    def get_invoke_duration(self, run: AlgorithmRun) -> str:
        """Return the same: nothing else is measured."""
        return self.get_exec_duration(run)


_FIELDS = (
    "pk",
    "url",
    "api_url",
    "title",
    "created",
    "algorithm",
    "algorithm_image",
    "inputs",
    "outputs",
    "status",
    "error_message",
    "hanging_protocol",
    "optional_hanging_protocols",
    "view_content",
    "exec_duration",
    "invoke_duration",
)


class JobSerializer(_JobSerializer):
    """A job: one run of an algorithm."""

    inputs = SocketValueSerializer(source="job.inputs", many=True, read_only=True)
    outputs = SocketValueSerializer(source="job.outputs", many=True, read_only=True)

    class Meta:
        model = AlgorithmRun
        fields = _FIELDS
        read_only_fields = ("title", "created")


class JobPostSerializer(_JobSerializer):
    """A job as it is answered to whoever just started it."""

    inputs = SocketValuePostSerializer(source="job.inputs", many=True, read_only=True)
    outputs = SocketValuePostSerializer(source="job.outputs", many=True, read_only=True)

    class Meta:
        model = AlgorithmRun
        fields = _FIELDS
        read_only_fields = ("title", "created")


class NewJobSerializer(serializers.Serializer[Any]):
    """An algorithm and one value for each of its inputs."""

    algorithm = LinkField("api:algorithm-detail")
    inputs = GivenValuesField()


class LogPartSerializer(serializers.Serializer[Any]):
    """Some of a log; ``next`` is what to ask for ``after`` next time."""

    text = serializers.CharField()
    next = serializers.IntegerField()


class UsageSerializer(serializers.Serializer[AlgorithmRun]):
    """Where a job is, what it may use, and samples of what it used."""

    status = serializers.SerializerMethodField()
    queue_place = serializers.SerializerMethodField()
    expected_start = serializers.SerializerMethodField()
    limits = serializers.SerializerMethodField()
    usage = serializers.JSONField(source="job.usage")
    _found: tuple[AlgorithmRun, Prospects] | None = None

    @extend_schema_field({"type": "string", "enum": list(JOB_STATUS.values())})
    def get_status(self, run: AlgorithmRun) -> str:
        """Return the state in the words of the public API."""
        return JOB_STATUS[Job.State(run.job.state)]

    def get_queue_place(self, run: AlgorithmRun) -> int | None:
        """Return the place in the queue, the next one being 1."""
        return self._prospects(run).place

    def get_expected_start(self, run: AlgorithmRun) -> datetime | None:
        """Return about when it starts, where that is known."""
        return self._prospects(run).start

    def _prospects(self, run: AlgorithmRun) -> Prospects:
        """Find place and start together, since one needs the other."""
        if self._found is None or self._found[0] is not run:
            self._found = (run, prospects(run.job))
        return self._found[1]

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_limits(self, run: AlgorithmRun) -> dict[str, Any]:
        """Return what the job may use; memory in bytes, times in seconds."""
        return job_limits(run.job).as_record()


class ComparisonSerializer(serializers.Serializer[Any]):
    """One output: digests of what it means in the job, and in the other go."""

    socket = serializers.CharField(source="slug")
    original = serializers.CharField()
    again = serializers.CharField()
    agrees = serializers.BooleanField()


class ReproductionSerializer(serializers.Serializer[Any]):
    """Another go at a job, and whether the same came out."""

    created = serializers.DateTimeField(source="job.created")
    status = serializers.SerializerMethodField()
    agrees = serializers.BooleanField()
    outputs = ComparisonSerializer(many=True)

    @extend_schema_field({"type": "string", "enum": list(JOB_STATUS.values())})
    def get_status(self, found: Any) -> str:
        """Return the state in the words of the public API."""
        return JOB_STATUS[Job.State(found.job.state)]


class RerunSerializer(serializers.Serializer[Any]):
    """Which version to run; the active one if none is named."""

    algorithm_image = LinkField("api:algorithm-image-detail", required=False, allow_null=True)


class ShareSerializer(serializers.Serializer[Any]):
    """Who is to see a job: user names or e-mail addresses to add and to remove."""

    add = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, max_length=100
    )
    remove = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, max_length=100
    )
    for_editors = serializers.BooleanField(required=False)


class ReadersSerializer(serializers.Serializer[AlgorithmRun]):
    """Who sees a job besides whoever started it."""

    people = serializers.SerializerMethodField()
    for_editors = serializers.BooleanField()

    def get_people(self, run: AlgorithmRun) -> list[str]:
        """Return the user names."""
        return list(run.memberships.order_by("created").values_list("user__username", flat=True))
