"""Shapes of sockets and their values."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from app.core.api.fields import Constant, LinkField, PlainJSONField
from app.core.errors import NotFound, ValidationFailed
from app.delivery.services import file_url
from app.images.models import Image
from app.images.policies import IMAGES
from app.images.selectors import get_image_for
from app.people.models import Organization
from app.sockets.models import LookUpTable, Socket, SocketValue
from app.sockets.schemas import KINDS, SocketKind, SuperKind, published_schema
from app.sockets.selectors import get_socket
from app.sockets.services import GivenValue
from app.uploads.selectors import get_upload_for

MOST_FILES = 10_000
_KIND_KEYS = {kind.label: key for key, kind in KINDS.items()}
_SOURCES = ("value", "file", "image", "upload_session", "user_upload", "user_uploads")


class LookUpTableSerializer(serializers.ModelSerializer[LookUpTable]):
    """Which color and opacity the values of an overlay are drawn with."""

    pk = serializers.IntegerField(read_only=True)

    class Meta:
        model = LookUpTable
        fields = (
            "pk",
            "slug",
            "title",
            "description",
            "color",
            "alpha",
            "color_invert",
            "alpha_invert",
            "range_min",
            "range_max",
            "relative",
            "color_interpolation",
            "color_interpolation_invert",
        )
        read_only_fields = fields


class SocketSerializer(serializers.ModelSerializer[Socket]):
    """A socket."""

    pk = serializers.IntegerField(read_only=True)
    kind = serializers.CharField(source="socket_kind.label", read_only=True)
    super_kind = serializers.CharField(read_only=True)
    default_value = serializers.JSONField(read_only=True)
    overlay_segments = serializers.JSONField(source="segments", read_only=True)
    look_up_table = LookUpTableSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Socket
        fields = (
            "pk",
            "title",
            "description",
            "slug",
            "kind",
            "super_kind",
            "relative_path",
            "default_value",
            "overlay_segments",
            "look_up_table",
        )
        read_only_fields = fields


class NewSocketSerializer(serializers.Serializer[Any]):
    """A socket to be made; ``kind`` by its label, such as ``Segmentation``.

    Its slug begins with your name, or with that of the ``organization`` (by slug) you make it for.
    Without a ``relative_path`` it gets one that follows from its slug. ``schema`` are rules of
    its own for JSON values; ``overlay_segments`` are ``{name, voxel_value, visible, color}``.
    """

    title = serializers.CharField(max_length=200)
    slug = serializers.SlugField(max_length=100, required=False)
    organization = serializers.SlugRelatedField(
        slug_field="slug", queryset=Organization.objects.all(), required=False, allow_null=True
    )
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    kind = serializers.ChoiceField(choices=sorted(_KIND_KEYS))
    relative_path = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default=""
    )
    schema = PlainJSONField(required=False)
    default_value = PlainJSONField(required=False, allow_null=True)
    example_value = PlainJSONField(required=False, allow_null=True)
    overlay_segments = PlainJSONField(required=False, source="segments")
    look_up_table = serializers.PrimaryKeyRelatedField(
        queryset=LookUpTable.objects.all(), required=False, allow_null=True
    )

    def validate_kind(self, label: str) -> str:
        """Return the kind's key."""
        return _KIND_KEYS[label]


class KindSerializer(serializers.Serializer[SocketKind]):
    """A kind of socket: its JSON Schema and an example, or the ending of its files."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    super_kind = serializers.CharField()
    description = serializers.CharField()
    extension = serializers.CharField()
    json_schema = serializers.SerializerMethodField()
    example = serializers.JSONField()

    def get_json_schema(self, kind: SocketKind) -> dict[str, Any] | None:
        """Return the schema of values that are JSON."""
        return published_schema(kind) if kind.super_kind is SuperKind.VALUE else None


class _ValueSerializer(serializers.ModelSerializer[SocketValue]):
    pk = serializers.IntegerField(read_only=True)
    value = serializers.JSONField(read_only=True)
    file = serializers.SerializerMethodField()
    image = LinkField("api:image-detail", source="image_id", read_only=True, allow_null=True)

    def get_file(self, value: SocketValue) -> str | None:
        """Return the stable address of the value's file."""
        if not value.file_key:
            return None
        name = value.socket.filename
        pk = value.file_key.removeprefix("values/").split(".", 1)[0]
        path = file_url(kind="values", pk=pk, filename=name)  # type: ignore[arg-type]
        request = self.context.get("request")
        return str(request.build_absolute_uri(path)) if request else path


class SocketValueSerializer(_ValueSerializer):
    """A value with its socket, under both names that clients know."""

    socket = SocketSerializer(read_only=True)
    interface = SocketSerializer(source="socket", read_only=True)

    class Meta:
        model = SocketValue
        fields = ("pk", "socket", "interface", "value", "file", "image")


class SocketValuePostSerializer(_ValueSerializer):
    """A value as it is answered to whoever just gave it."""

    interface = serializers.CharField(source="socket.slug", read_only=True)
    image_name = Constant(None)

    class Meta:
        model = SocketValue
        fields = ("pk", "interface", "value", "file", "image", "image_name")


class GivenValueSerializer(serializers.Serializer[Any]):
    """A value to be taken: a socket's slug and exactly one source; the rest null or left out.

    Images come from ``user_uploads`` or ``image``, files from ``user_upload``. ``image_name`` goes
    with ``user_uploads`` of a DICOM image set.
    """

    interface = serializers.CharField(max_length=100)
    value = PlainJSONField(required=False, allow_null=True)
    file = serializers.CharField(required=False, allow_null=True)
    image = LinkField("api:image-detail", required=False, allow_null=True)
    upload_session = serializers.CharField(required=False, allow_null=True)
    user_upload = LinkField("uploads:detail", required=False, allow_null=True)
    user_uploads = serializers.ListField(
        child=LinkField("uploads:detail"),
        required=False,
        allow_null=True,
        max_length=MOST_FILES,
    )
    image_name = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=200
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check that there is one source, of a kind that is taken."""
        given = [name for name in _SOURCES if attrs.get(name) is not None]
        if len(given) != 1:
            raise serializers.ValidationError("Give exactly one source of the value.")
        if given[0] in ("file", "upload_session"):
            raise serializers.ValidationError(f"“{given[0]}” is not taken here; upload the files.")
        if attrs.get("image_name") and given[0] != "user_uploads":
            raise serializers.ValidationError("“image_name” goes with “user_uploads”.")
        return attrs


class GivenValuesField(serializers.ListField):
    """The values of a case, a job or a display set, one per socket."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=GivenValueSerializer(), max_length=100, **kwargs)


def given_value(user: Any, checked: Mapping[str, Any]) -> GivenValue:
    """Look up what a checked value names, through the access doors."""
    slug = checked["interface"]
    try:
        image, upload = checked.get("image"), checked.get("user_upload")
        return GivenValue(
            socket=get_socket(slug),
            value=checked.get("value"),
            image=_usable(user, image) if image else None,
            upload=get_upload_for(user, upload) if upload else None,
            uploads=[get_upload_for(user, pk) for pk in checked.get("user_uploads") or ()],
            image_name=checked.get("image_name") or "",
        )
    except NotFound as error:
        raise ValidationFailed(fields={slug: [error.message]}) from error


def _usable(user: Any, pk: Any) -> Image:
    """Return an image that ``user`` may place elsewhere; say so when they may only look at it."""
    image = get_image_for(user, pk)
    if not IMAGES.allows(user, image, "use"):
        raise NotFound(
            "You may look at this image, but not use it elsewhere.",
            advice="Ask an editor of the archive it lies in for access.",
        )
    return image
