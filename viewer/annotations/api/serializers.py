"""Shapes of annotations and of what is done with them."""

from typing import Any

from rest_framework import serializers

from app.core.api.fields import KeyField, LinkField, PlainJSONField
from viewer.annotations.models import Annotation, AnnotationVersion
from viewer.annotations.services import Outcome

MOST_CHANGES = 200
STATUSES = ("saved", "repeated", "conflict", "refused")


class AnnotationSerializer(serializers.ModelSerializer[Annotation]):
    """Something that a person drew on an image of a display set."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:annotation-detail", source="*", read_only=True)
    object = KeyField(source="object_id", read_only=True)
    image = LinkField("api:image-detail", source="image_id", read_only=True)
    author = serializers.CharField(source="author.username", read_only=True)
    changed_by = serializers.CharField(source="changed_by.username", read_only=True)
    value = serializers.JSONField(read_only=True)
    frame = serializers.JSONField(read_only=True, allow_null=True)
    copied_from = serializers.SerializerMethodField()
    may_change = serializers.SerializerMethodField()

    class Meta:
        model = Annotation
        fields = (
            "pk",
            "api_url",
            "source",
            "object",
            "image",
            "author",
            "kind",
            "tool",
            "version",
            "revision",
            "changed_by",
            "deleted",
            "value",
            "label",
            "color",
            "frame",
            "question",
            "copied_from",
            "may_change",
            "created",
            "modified",
        )
        read_only_fields = fields

    def get_copied_from(self, annotation: Annotation) -> dict[str, str | int] | None:
        """Return the annotation or the value that it began as."""
        if annotation.copied_annotation_id is not None:
            return {"annotation": str(annotation.copied_annotation_id)}
        if annotation.copied_value_id is not None:
            return {"value": annotation.copied_value_id}
        return None

    def get_may_change(self, annotation: Annotation) -> bool:
        """Tell whether the asker may change it."""
        desk = self.context.get("desk")
        return desk is not None and desk.may_change(annotation)


class VersionSerializer(serializers.ModelSerializer[AnnotationVersion]):
    """An annotation as it was after one change."""

    version = serializers.IntegerField(source="number", read_only=True)
    revision = KeyField(source="pk", read_only=True)
    changed_by = serializers.CharField(source="changed_by.username", read_only=True)
    value = serializers.JSONField(read_only=True)
    frame = serializers.JSONField(read_only=True, allow_null=True)

    class Meta:
        model = AnnotationVersion
        fields = (
            "version",
            "revision",
            "changed_by",
            "made_at",
            "created",
            "value",
            "label",
            "color",
            "frame",
            "question",
            "deleted",
            "slices",
        )
        read_only_fields = fields


class PlaceSerializer(serializers.Serializer[Any]):
    """A display set, in the words of the viewer's address."""

    source = serializers.CharField(max_length=40)  # type: ignore[assignment]
    object = serializers.UUIDField()


class ChangeKeysSerializer(serializers.Serializer[Any]):
    """Which change of which annotation; both ids are made by the client."""

    id = serializers.UUIDField()
    annotation = serializers.UUIDField()


class ChangeSerializer(ChangeKeysSerializer):
    """One change: what it leaves out stays as it was. Without a ``base`` it makes an annotation."""

    base = serializers.UUIDField(required=False, allow_null=True, default=None)
    made_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    image = LinkField("api:image-detail", required=False)
    kind = serializers.CharField(max_length=5, required=False)
    tool = serializers.CharField(max_length=40, required=False)
    value = PlainJSONField(required=False)
    label = serializers.CharField(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]
    color = serializers.CharField(max_length=7, required=False, allow_blank=True)
    frame = PlainJSONField(required=False, allow_null=True)
    question = serializers.UUIDField(required=False, allow_null=True)
    deleted = serializers.BooleanField(required=False)
    slices = PlainJSONField(required=False)


class ChangesSerializer(PlaceSerializer):
    """Changes of annotations of one display set, in the order in which they were made."""

    changes = serializers.ListField(
        child=serializers.JSONField(), min_length=1, max_length=MOST_CHANGES
    )


class DocumentedChangesSerializer(PlaceSerializer):
    """Changes of annotations of one display set, in the order in which they were made."""

    changes = ChangeSerializer(many=True)


class OutcomeSerializer(serializers.Serializer[Outcome]):
    """What became of one change."""

    id = KeyField(source="change")
    annotation = KeyField()
    status = serializers.ChoiceField(choices=STATUSES)
    version = serializers.IntegerField(allow_null=True)
    current = AnnotationSerializer(allow_null=True)
    yours = serializers.SerializerMethodField()
    problem = serializers.SerializerMethodField()

    def get_yours(self, outcome: Outcome) -> dict[str, Any] | None:
        """Return what a conflict's change said, without its slices."""
        sent: dict[str, Any] | None = self.context["sent"].get(outcome.change)
        if outcome.status != "conflict" or sent is None:
            return None
        return {name: said for name, said in sent.items() if name != "slices"}

    def get_problem(self, outcome: Outcome) -> dict[str, Any] | None:
        """Return why a change was refused, as a problem detail."""
        return None if outcome.problem is None else outcome.problem.as_problem()


class OutcomesSerializer(serializers.Serializer[Any]):
    """What became of each change, in their order."""

    results = OutcomeSerializer(many=True)


class OriginSerializer(serializers.Serializer[Any]):
    """An annotation, or a socket value of the display set with the image to draw it on."""

    annotation = serializers.UUIDField(required=False)
    value = serializers.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    image = LinkField("api:image-detail", required=False)
    item = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check that there is one origin, and an image where one is needed."""
        if ("annotation" in attrs) == ("value" in attrs):
            raise serializers.ValidationError("Give an annotation or a value.")
        if "value" in attrs and "image" not in attrs:
            raise serializers.ValidationError({"image": ["Name the image to draw on."]})
        return attrs


class CopySerializer(PlaceSerializer, ChangeKeysSerializer):
    """What to begin a new annotation with, and the ids that it gets."""

    tool = serializers.RegexField(r"^[a-z0-9-]{1,40}$", required=False, default="")
    of = OriginSerializer()


class SliceSerializer(serializers.Serializer[Any]):
    """One slice of a mask: base64 of its voxels after deflate (zlib), empty where all is 0."""

    index = serializers.IntegerField()
    data = serializers.CharField(allow_blank=True)  # type: ignore[assignment]


class MaskSerializer(serializers.Serializer[Any]):
    """The slices of a mask."""

    annotation = KeyField()
    revision = KeyField()
    version = serializers.IntegerField()
    bits = serializers.IntegerField()
    size = serializers.ListField(child=serializers.IntegerField(), min_length=3, max_length=3)
    slices = SliceSerializer(many=True)


class StartSerializer(serializers.Serializer[Any]):
    """A value of the display set that annotations may be begun with, and on which images."""

    value = serializers.IntegerField()
    socket = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    items = serializers.IntegerField(allow_null=True)
    images = serializers.ListField(child=LinkField("api:image-detail"))


class MeasurementSerializer(serializers.Serializer[Any]):
    """One number that an annotation measures; ``item`` counts the objects of a value of many."""

    annotation = KeyField()
    image = KeyField()
    image_name = serializers.CharField()
    author = serializers.CharField()
    kind = serializers.CharField()
    tool = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    item = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    quantity = serializers.CharField()
    value = serializers.FloatField()
    unit = serializers.CharField()
    calibrated = serializers.BooleanField()
    version = serializers.IntegerField()
    modified = serializers.DateTimeField()
