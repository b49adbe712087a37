"""Shapes of questions and their options."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from app.core.api.fields import Constant, KeyField, LinkField, PlainJSONField
from app.sockets.api.serializers import LookUpTableSerializer, SocketSerializer
from app.sockets.models import LookUpTable, Socket
from reader_studies.answer_types import ANSWER_TYPES, Widget
from reader_studies.models import Question, QuestionOption
from reader_studies.viewports import VIEWPORTS

LARGEST = 2_147_483_647
MOST_OPTIONS = 200
KINDS = {found.label: key for key, found in ANSWER_TYPES.items()}
_PORTS = {name.capitalize(): name for name in VIEWPORTS}
_DIRECTIONS = {direction.label: direction.value for direction in Question.Direction}


class OptionSerializer(serializers.ModelSerializer[QuestionOption]):
    """One option of a choice; answers name its id."""

    id = serializers.IntegerField(read_only=True)

    class Meta:
        model = QuestionOption
        fields = ("id", "title", "default")
        read_only_fields = ("title", "default")


@extend_schema_field({"type": ["integer", "null"]})
class WholeLimitField(serializers.Field[Any, Any, Any, Any]):
    """A limit as clients take it: a whole number. One with a fraction is in ``minimum`` alone."""

    def to_representation(self, value: float) -> int | None:
        """Return the whole number, or nothing."""
        return int(value) if float(value).is_integer() else None


class QuestionSerializer(serializers.ModelSerializer[Question]):
    """A question."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:question-detail", source="*", read_only=True)
    reader_study = LinkField("api:reader-study-detail", source="study_id", read_only=True)
    answer_type = serializers.SerializerMethodField()
    question_text_safe = serializers.CharField(source="text", read_only=True)
    help_text_safe = serializers.CharField(source="help_text", read_only=True)
    form_direction = serializers.CharField(source="get_direction_display", read_only=True)
    image_port = serializers.CharField(source="get_viewport_display", read_only=True)
    default_annotation_color = serializers.CharField(source="color", read_only=True)
    options = OptionSerializer(many=True, read_only=True)
    interface = SocketSerializer(source="socket", read_only=True, allow_null=True)
    overlay_segments = serializers.JSONField(source="segments", read_only=True)
    look_up_table = LookUpTableSerializer(read_only=True, allow_null=True)
    widget = serializers.CharField(source="shown_widget", read_only=True)
    answer_min_value = WholeLimitField(source="minimum", read_only=True, allow_null=True)
    answer_max_value = WholeLimitField(source="maximum", read_only=True, allow_null=True)
    answer_step_size = serializers.DecimalField(
        source="step",
        max_digits=18,
        decimal_places=9,
        normalize_output=True,
        read_only=True,
        allow_null=True,
    )
    answer_min_length = serializers.IntegerField(
        source="min_length", read_only=True, allow_null=True
    )
    answer_max_length = serializers.IntegerField(
        source="max_length", read_only=True, allow_null=True
    )
    answer_match_pattern = serializers.CharField(source="pattern", read_only=True)
    empty_answer_confirmation = serializers.BooleanField(source="confirm_empty", read_only=True)
    empty_answer_confirmation_label_safe = serializers.CharField(
        source="confirm_empty_text", read_only=True
    )
    interactive_algorithms = Constant([])
    algorithms = Constant([])

    class Meta:
        model = Question
        fields = (
            "pk",
            "api_url",
            "reader_study",
            "answer_type",
            "question_text_safe",
            "help_text_safe",
            "form_direction",
            "image_port",
            "default_annotation_color",
            "required",
            "order",
            "options",
            "interface",
            "overlay_segments",
            "look_up_table",
            "widget",
            "minimum",
            "maximum",
            "answer_min_value",
            "answer_max_value",
            "answer_step_size",
            "answer_min_length",
            "answer_max_length",
            "answer_match_pattern",
            "empty_answer_confirmation",
            "empty_answer_confirmation_label_safe",
            "interactive_algorithms",
            "algorithms",
        )
        read_only_fields = ("required", "order", "minimum", "maximum")

    @extend_schema_field({"type": "string", "enum": list(KINDS)})
    def get_answer_type(self, question: Question) -> str:
        """Return the kind in the words of the public API."""
        return question.answer_type.label


class QuestionChangeSerializer(serializers.Serializer[Any]):
    """What is changed of a question: its words and place; its rules until it was answered."""

    text = serializers.CharField(max_length=300)
    help_text = serializers.CharField(  # type: ignore[assignment]
        max_length=500, required=False, allow_blank=True
    )
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]
    minimum = serializers.FloatField(required=False, allow_null=True)
    maximum = serializers.FloatField(required=False, allow_null=True)
    order = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)
    widget = serializers.ChoiceField(
        choices=[each.value for each in Widget], required=False, allow_blank=True
    )
    form_direction = serializers.ChoiceField(
        choices=list(_DIRECTIONS), required=False, source="direction"
    )
    image_port = serializers.ChoiceField(
        choices=list(_PORTS), required=False, allow_blank=True, source="viewport"
    )
    default_annotation_color = serializers.CharField(
        max_length=7, required=False, allow_blank=True, source="color"
    )
    interface = serializers.SlugRelatedField(
        slug_field="slug",
        queryset=Socket.objects.all(),
        required=False,
        allow_null=True,
        source="socket",
    )
    overlay_segments = PlainJSONField(required=False, source="segments")
    look_up_table = serializers.PrimaryKeyRelatedField(
        queryset=LookUpTable.objects.all(), required=False, allow_null=True
    )
    answer_step_size = serializers.DecimalField(
        max_digits=18, decimal_places=9, required=False, allow_null=True, source="step"
    )
    answer_min_length = serializers.IntegerField(
        min_value=0, max_value=LARGEST, required=False, allow_null=True, source="min_length"
    )
    answer_max_length = serializers.IntegerField(
        min_value=0, max_value=LARGEST, required=False, allow_null=True, source="max_length"
    )
    answer_match_pattern = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        source="pattern",
    )
    empty_answer_confirmation = serializers.BooleanField(required=False, source="confirm_empty")
    empty_answer_confirmation_label = serializers.CharField(
        max_length=200, required=False, allow_blank=True, source="confirm_empty_text"
    )

    def validate_image_port(self, label: str) -> str:
        """Return the viewport's name."""
        return _PORTS.get(label, "")

    def validate_form_direction(self, label: str) -> str:
        """Return the direction's key."""
        return _DIRECTIONS[label]


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "maxLength": 200},
            {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "maxLength": 200},
                    "default": {"type": "boolean"},
                },
                "required": ["title"],
            },
        ]
    }
)
class GivenOptionField(serializers.Field[Any, Any, Any, Any]):
    """An option by its title, or with whether answers start with it."""

    default_error_messages = {"invalid": "Give a title, or a title and whether it is a default."}

    def to_internal_value(self, data: Any) -> tuple[str, bool]:
        """Return title and default."""
        title = data.get("title") if isinstance(data, dict) else data
        default = data.get("default", False) if isinstance(data, dict) else False
        usable = isinstance(title, str) and len(title) <= 200 and "\x00" not in title
        if not usable or not isinstance(default, bool):
            self.fail("invalid")
        return str(title).strip(), default


class NewQuestionSerializer(QuestionChangeSerializer):
    """A question to be added; ``answer_type`` by its label, ``options`` for a choice."""

    order = None  # type: ignore[assignment]
    reader_study = LinkField("api:reader-study-detail")
    answer_type = serializers.ChoiceField(choices=list(KINDS), source="kind")
    options = serializers.ListField(
        child=GivenOptionField(), required=False, max_length=MOST_OPTIONS
    )

    def validate_answer_type(self, label: str) -> str:
        """Return the kind's key."""
        return KINDS[label]
