"""Shapes of algorithms and their container images."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from algorithms.models import (
    Algorithm,
    AlgorithmInterface,
    AlgorithmModel,
    AlgorithmVersion,
    Stage,
)
from app.core.api.fields import Constant, KeyField, LinkField
from app.core.api.pages import LogoField, PageField
from app.execution.models import ContainerImage
from app.requests.api.serializers import AskableSerializer
from app.sockets.api.serializers import SocketSerializer

_IMAGE_STATUS = {
    ContainerImage.State.UPLOADED: "Queued",
    ContainerImage.State.VALIDATING: "Started",
    ContainerImage.State.READY: "Completed",
    ContainerImage.State.INVALID: "Failed",
    ContainerImage.State.RETIRED: "Cancelled",
}


class InterfaceSerializer(serializers.ModelSerializer[AlgorithmInterface]):
    """One set of inputs, and the outputs that it gives."""

    inputs = SocketSerializer(many=True, read_only=True)
    outputs = SocketSerializer(many=True, read_only=True)

    class Meta:
        model = AlgorithmInterface
        fields = ("inputs", "outputs")


class InterfaceDetailSerializer(InterfaceSerializer):
    """An interface with its algorithm, and since when it takes no new runs."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:algorithm-interface-detail", source="*", read_only=True)
    algorithm = LinkField("api:algorithm-detail", source="algorithm_id", read_only=True)

    class Meta:
        model = AlgorithmInterface
        fields = ("pk", "api_url", "algorithm", "inputs", "outputs", "withdrawn_at")
        read_only_fields = ("withdrawn_at",)


class _SocketsSerializer(serializers.Serializer[Any]):
    inputs = serializers.ListField(
        child=serializers.SlugField(max_length=100), allow_empty=False, max_length=50
    )
    outputs = serializers.ListField(
        child=serializers.SlugField(max_length=100), allow_empty=False, max_length=50
    )


class NewInterfaceSerializer(_SocketsSerializer):
    """An interface to be added; sockets by their slugs."""

    algorithm = LinkField("api:algorithm-detail")


class AlgorithmSerializer(serializers.ModelSerializer[Algorithm]):
    """An algorithm."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:algorithm-detail", source="*", read_only=True)
    url = PageField("algorithms:detail")
    logo = LogoField()
    average_duration = Constant(None)
    interfaces = InterfaceSerializer(many=True, read_only=True)

    class Meta:
        model = Algorithm
        fields = (
            "pk",
            "api_url",
            "url",
            "title",
            "slug",
            "description",
            "public",
            "listed",
            "access_mode",
            "logo",
            "average_duration",
            "interfaces",
            *Algorithm.FACTS,
            "memory_mb",
            "time_limit",
            "gpus",
            "shared_memory_mb",
            "writable_root_mb",
        )
        read_only_fields = fields


class AlgorithmChangeSerializer(AskableSerializer):
    """What is changed of an algorithm."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    public = serializers.BooleanField(
        required=False,
        help_text="Publish it, or take that back. Refused while something is missing.",
    )
    summary = serializers.CharField(max_length=300, required=False, allow_blank=True)
    mechanism = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    intended_use = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    validation = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    directions = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    warnings = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    contact_email = serializers.EmailField(required=False, allow_blank=True)
    licence = serializers.CharField(max_length=100, required=False, allow_blank=True)
    publications = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    memory_mb = serializers.IntegerField(min_value=64, required=False, allow_null=True)
    time_limit = serializers.IntegerField(min_value=10, required=False, allow_null=True)
    gpus = serializers.IntegerField(min_value=0, max_value=8, required=False)
    shared_memory_mb = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    writable_root_mb = serializers.IntegerField(min_value=0, required=False)


class NewAlgorithmSerializer(_SocketsSerializer, AlgorithmChangeSerializer):
    """An algorithm to be made; sockets by their slugs."""

    public = None  # type: ignore[assignment]  # once it has run: see the change


_IDENTITY = ("pk", "url", "api_url", "algorithm", "created", "import_status")
_STAGED_FIELDS = (
    "number",
    "comment",
    "error_message",
    "advice",
    "digest",
    "size",
    "checked_bytes",
    "stage",
)


class _StagedSerializer(serializers.ModelSerializer[Any]):
    """A numbered version, with what is known of its uploaded archive."""

    pk = KeyField(read_only=True)
    algorithm = LinkField("api:algorithm-detail", source="algorithm_id", read_only=True)
    import_status = serializers.SerializerMethodField()
    error_message = serializers.CharField(source="archive.reason", read_only=True)
    advice = serializers.CharField(source="archive.advice", read_only=True)
    digest = serializers.CharField(source="archive.digest", read_only=True)
    size = serializers.IntegerField(source="archive.size", read_only=True)
    checked_bytes = serializers.IntegerField(source="archive.checked_bytes", read_only=True)

    @extend_schema_field({"type": "string", "enum": list(_IMAGE_STATUS.values())})
    def get_import_status(self, version: AlgorithmVersion | AlgorithmModel) -> str:
        """Return how far the checks are."""
        return _IMAGE_STATUS[ContainerImage.State(version.archive.state)]


class ContainerImageSerializer(_StagedSerializer):
    """One container image of an algorithm: a numbered version."""

    url = PageField("algorithms:detail", source="algorithm_id")
    api_url = LinkField("api:algorithm-image-detail", source="*", read_only=True)
    image = Constant(None)
    serves = serializers.BooleanField(
        source="container_image.serves", read_only=True, allow_null=True
    )
    stays_up = serializers.BooleanField(source="container_image.stays_up", read_only=True)

    class Meta:
        model = AlgorithmVersion
        fields = (*_IDENTITY, "image", *_STAGED_FIELDS, "serves", "stays_up")
        read_only_fields = fields


class NewContainerImageSerializer(serializers.Serializer[Any]):
    """An uploaded ``docker save`` archive to take as the next version."""

    algorithm = LinkField("api:algorithm-detail")
    user_upload = LinkField("uploads:detail")
    comment = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ModelSerializer(_StagedSerializer):
    """Model weights of an algorithm: a numbered version of them."""

    url = PageField("algorithms:model")
    api_url = LinkField("api:algorithm-model-detail", source="*", read_only=True)
    model = Constant(None)

    class Meta:
        model = AlgorithmModel
        fields = (*_IDENTITY, "model", *_STAGED_FIELDS)
        read_only_fields = fields


class NewModelSerializer(NewContainerImageSerializer):
    """An uploaded ``.tar.gz`` of weights to take as the next model."""


class CallingSerializer(serializers.Serializer[Any]):
    """Whether a container stays up and is called for each case; null goes by its label."""

    serves = serializers.BooleanField(allow_null=True)


class StageChangeSerializer(serializers.Serializer[Any]):
    """The stage to move to, and why."""

    stage = serializers.ChoiceField(choices=Stage.choices)
    comment = serializers.CharField(max_length=300, required=False, allow_blank=True)
