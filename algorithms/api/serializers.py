"""Shapes of algorithms and their container images."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from algorithms.models import Algorithm, AlgorithmInterface, AlgorithmVersion
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
        )
        read_only_fields = fields


class AlgorithmChangeSerializer(AskableSerializer):
    """What is changed of an algorithm."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    public = serializers.BooleanField(required=False)


class NewAlgorithmSerializer(AlgorithmChangeSerializer):
    """An algorithm to be made; sockets by their slugs."""

    inputs = serializers.ListField(
        child=serializers.SlugField(max_length=100), allow_empty=False, max_length=50
    )
    outputs = serializers.ListField(
        child=serializers.SlugField(max_length=100), allow_empty=False, max_length=50
    )


class ContainerImageSerializer(serializers.ModelSerializer[AlgorithmVersion]):
    """One container image of an algorithm: a numbered version."""

    pk = KeyField(read_only=True)
    url = PageField("algorithms:detail", source="algorithm_id")
    api_url = LinkField("api:algorithm-image-detail", source="*", read_only=True)
    algorithm = LinkField("api:algorithm-detail", source="algorithm_id", read_only=True)
    import_status = serializers.SerializerMethodField()
    image = Constant(None)
    error_message = serializers.CharField(source="container_image.reason", read_only=True)
    digest = serializers.CharField(source="container_image.digest", read_only=True)

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
            "digest",
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
