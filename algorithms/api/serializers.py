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


class ContainerImageSerializer(serializers.ModelSerializer[AlgorithmVersion]):
    """One container image of an algorithm: a numbered version."""

    pk = KeyField(read_only=True)
    url = PageField("algorithms:detail", source="algorithm_id")
    api_url = LinkField("api:algorithm-image-detail", source="*", read_only=True)
    algorithm = LinkField("api:algorithm-detail", source="algorithm_id", read_only=True)
    import_status = serializers.SerializerMethodField()
    image = Constant(None)
    error_message = serializers.CharField(source="container_image.reason", read_only=True)
    advice = serializers.CharField(source="container_image.advice", read_only=True)
    digest = serializers.CharField(source="container_image.digest", read_only=True)
    size = serializers.IntegerField(source="container_image.size", read_only=True)
    checked_bytes = serializers.IntegerField(source="container_image.checked_bytes", read_only=True)

    class Meta:
        model = AlgorithmVersion
        fields = (
            "pk",
            "url",
            "api_url",
            "algorithm",
            "created",
            "import_status",
            "image",
            "number",
            "comment",
            "error_message",
            "advice",
            "digest",
            "size",
            "checked_bytes",
            "stage",
        )
        read_only_fields = fields

    @extend_schema_field({"type": "string", "enum": list(_IMAGE_STATUS.values())})
    def get_import_status(self, version: AlgorithmVersion) -> str:
        """Return how far the checks are."""
        return _IMAGE_STATUS[ContainerImage.State(version.container_image.state)]


class NewContainerImageSerializer(serializers.Serializer[Any]):
    """An uploaded ``docker save`` archive to take as the next version."""

    algorithm = LinkField("api:algorithm-detail")
    user_upload = LinkField("uploads:detail")
    comment = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ModelSerializer(serializers.ModelSerializer[AlgorithmModel]):
    """Model weights of an algorithm: a numbered version of them."""

    pk = KeyField(read_only=True)
    url = PageField("algorithms:model")
    api_url = LinkField("api:algorithm-model-detail", source="*", read_only=True)
    algorithm = LinkField("api:algorithm-detail", source="algorithm_id", read_only=True)
    import_status = serializers.SerializerMethodField()
    model = Constant(None)
    error_message = serializers.CharField(source="weights.reason", read_only=True)
    advice = serializers.CharField(source="weights.advice", read_only=True)
    digest = serializers.CharField(source="weights.digest", read_only=True)
    size = serializers.IntegerField(source="weights.size", read_only=True)
    checked_bytes = serializers.IntegerField(source="weights.checked_bytes", read_only=True)

    class Meta:
        model = AlgorithmModel
        fields = (
            "pk",
            "url",
            "api_url",
            "algorithm",
            "created",
            "import_status",
            "model",
            "number",
            "comment",
            "error_message",
            "advice",
            "digest",
            "size",
            "checked_bytes",
            "stage",
        )
        read_only_fields = fields

    @extend_schema_field({"type": "string", "enum": list(_IMAGE_STATUS.values())})
    def get_import_status(self, model: AlgorithmModel) -> str:
        """Return how far the checks are."""
        return _IMAGE_STATUS[ContainerImage.State(model.weights.state)]


class NewModelSerializer(NewContainerImageSerializer):
    """An uploaded ``.tar.gz`` of weights to take as the next model."""


class StageChangeSerializer(serializers.Serializer[Any]):
    """The stage to move to, and why."""

    stage = serializers.ChoiceField(choices=Stage.choices)
    comment = serializers.CharField(max_length=300, required=False, allow_blank=True)
