"""Shapes of reader studies, display sets, questions and answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from app.core.api.fields import Constant, KeyField, LinkField, PlainJSONField
from app.core.api.pages import LogoField, PageField
from app.requests.api.serializers import AskableSerializer
from app.sockets.api.serializers import (
    GivenValuesField,
    SocketValuePostSerializer,
    SocketValueSerializer,
)
from reader_studies.models import Answer, DisplaySet, Question, QuestionOption, ReaderStudy
from viewer.api.hanging_serializers import ContentField, HangingProtocolSerializer

LARGEST = 2_147_483_647
_ANSWER_TYPES = {
    Question.Kind.TEXT: "Single line text",
    Question.Kind.NUMBER: "Number",
    Question.Kind.CHOICE: "Choice",
    Question.Kind.YES_NO: "Bool",
}
_KINDS = {label: kind for kind, label in _ANSWER_TYPES.items()}


class OptionSerializer(serializers.ModelSerializer[QuestionOption]):
    """One option of a choice; answers name its id."""

    id = serializers.IntegerField(read_only=True)
    default = Constant(False)

    class Meta:
        model = QuestionOption
        fields = ("id", "title", "default")
        read_only_fields = ("title",)


class QuestionSerializer(serializers.ModelSerializer[Question]):
    """A question."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:question-detail", source="*", read_only=True)
    reader_study = LinkField("api:reader-study-detail", source="study_id", read_only=True)
    answer_type = serializers.SerializerMethodField()
    question_text_safe = serializers.CharField(source="text", read_only=True)
    help_text_safe = serializers.CharField(source="help_text", read_only=True)
    form_direction = Constant("Horizontal")
    image_port = Constant("")
    default_annotation_color = Constant("")
    options = OptionSerializer(many=True, read_only=True)
    interface = Constant(None)
    overlay_segments = Constant(None)
    look_up_table = Constant(None)
    widget = Constant("")
    answer_min_value = serializers.FloatField(source="minimum", read_only=True, allow_null=True)
    answer_max_value = serializers.FloatField(source="maximum", read_only=True, allow_null=True)
    answer_step_size = Constant(None)
    answer_min_length = Constant(None)
    answer_max_length = Constant(None)
    answer_match_pattern = Constant("")
    empty_answer_confirmation = Constant(False)
    empty_answer_confirmation_label_safe = Constant("")
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
        read_only_fields = ("required", "order")

    @extend_schema_field({"type": "string", "enum": list(_KINDS)})
    def get_answer_type(self, question: Question) -> str:
        """Return the kind in the words of the public API."""
        return _ANSWER_TYPES[Question.Kind(question.kind)]


class QuestionChangeSerializer(serializers.Serializer[Any]):
    """What is changed of a question."""

    text = serializers.CharField(max_length=300)
    help_text = serializers.CharField(  # type: ignore[assignment]
        max_length=500, required=False, allow_blank=True
    )
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]
    minimum = serializers.FloatField(required=False, allow_null=True)
    maximum = serializers.FloatField(required=False, allow_null=True)
    order = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)


class NewQuestionSerializer(QuestionChangeSerializer):
    """A question to be added; ``answer_type`` by its label, ``options`` for a choice."""

    order = None  # type: ignore[assignment]
    reader_study = LinkField("api:reader-study-detail")
    answer_type = serializers.ChoiceField(choices=list(_KINDS), source="kind")
    options = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=200
    )

    def validate_answer_type(self, label: str) -> str:
        """Return the kind's key."""
        return str(_KINDS[label])


class ReaderStudySerializer(serializers.ModelSerializer[ReaderStudy]):
    """A reader study with its questions."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:reader-study-detail", source="*", read_only=True)
    url = PageField("reader_studies:detail")
    logo = LogoField()
    title_safe = serializers.CharField(source="title", read_only=True)
    help_text_safe = serializers.CharField(source="instructions", read_only=True)
    questions = QuestionSerializer(many=True, read_only=True)
    is_educational = Constant(False)
    instant_verification = Constant(False)
    has_ground_truth = Constant(False)
    allow_answer_modification = serializers.BooleanField(
        source="answers_may_change", read_only=True
    )
    enable_autosaving = Constant(True)
    allow_case_navigation = Constant(True)
    allow_show_all_annotations = Constant(False)
    roll_over_answers_for_n_cases = Constant(0)
    end_of_study_text_safe = Constant("")

    class Meta:
        model = ReaderStudy
        fields = (
            "pk",
            "slug",
            "title",
            "description",
            "listed",
            "access_mode",
            "api_url",
            "url",
            "logo",
            "title_safe",
            "help_text_safe",
            "questions",
            "is_educational",
            "instant_verification",
            "has_ground_truth",
            "allow_answer_modification",
            "enable_autosaving",
            "allow_case_navigation",
            "allow_show_all_annotations",
            "roll_over_answers_for_n_cases",
            "end_of_study_text_safe",
        )
        read_only_fields = fields


class NewReaderStudySerializer(AskableSerializer):
    """What a reader study is made or changed with."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    instructions = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    allow_answer_modification = serializers.BooleanField(
        required=False, source="answers_may_change"
    )


class _DisplaySetSerializer(serializers.ModelSerializer[DisplaySet]):
    pk = KeyField(read_only=True)
    api_url = LinkField("api:display-set-detail", source="*", read_only=True)
    title_safe = serializers.CharField(source="title", read_only=True)
    description = Constant("")
    descriptions_map_safe = serializers.SerializerMethodField()
    hanging_protocol = HangingProtocolSerializer(
        source="study.hanging_protocol", read_only=True, allow_null=True
    )
    optional_hanging_protocols = HangingProtocolSerializer(
        source="study.optional_hanging_protocols", many=True, read_only=True
    )
    view_content = ContentField(source="study.view_content", read_only=True)
    index = Constant(None)

    @extend_schema_field({"type": "object"})
    def get_descriptions_map_safe(self, display_set: DisplaySet) -> dict[str, str]:
        """Return descriptions by image; display sets have none."""
        return {}


_FIELDS = (
    "pk",
    "api_url",
    "title",
    "title_safe",
    "reader_study",
    "values",
    "order",
    "description",
    "descriptions_map_safe",
    "hanging_protocol",
    "optional_hanging_protocols",
    "view_content",
    "index",
)


class DisplaySetSerializer(_DisplaySetSerializer):
    """A display set: what a reader looks at together."""

    reader_study = LinkField("api:reader-study-detail", source="study_id", read_only=True)
    values = SocketValueSerializer(many=True, read_only=True)

    class Meta:
        model = DisplaySet
        fields = _FIELDS
        read_only_fields = _FIELDS


class DisplaySetPostSerializer(_DisplaySetSerializer):
    """A display set as it is answered to whoever just changed it."""

    reader_study = serializers.CharField(source="study.slug", read_only=True)
    values = SocketValuePostSerializer(many=True, read_only=True)

    class Meta:
        model = DisplaySet
        fields = _FIELDS
        read_only_fields = _FIELDS


class DisplaySetChangeSerializer(serializers.Serializer[Any]):
    """What is changed of a display set; order 0 puts it behind all others."""

    reader_study = serializers.CharField(max_length=300, required=False)
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    order = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)
    values = GivenValuesField(required=False)


class NewDisplaySetSerializer(DisplaySetChangeSerializer):
    """A display set to be added; the reader study by its slug."""

    reader_study = serializers.SlugField(max_length=200)


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    """An answer; a choice is answered by its option's id."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:answer-detail", source="*", read_only=True)
    answer = serializers.JSONField(source="value", read_only=True)
    creator = serializers.CharField(source="reader.username", read_only=True)
    question = LinkField("api:question-detail", source="question_id", read_only=True)
    display_set = LinkField("api:display-set-detail", source="display_set_id", read_only=True)
    answer_image = Constant(None)
    last_edit_duration = Constant(None)
    total_edit_duration = Constant(None)
    is_ground_truth = Constant(False)
    score = Constant(None)

    class Meta:
        model = Answer
        fields = (
            "pk",
            "api_url",
            "answer",
            "created",
            "creator",
            "display_set",
            "question",
            "modified",
            "answer_image",
            "last_edit_duration",
            "total_edit_duration",
            "is_ground_truth",
            "score",
        )
        read_only_fields = fields


class AnswerChangeSerializer(serializers.Serializer[Any]):
    """A changed answer."""

    answer = PlainJSONField()


class NewAnswerSerializer(AnswerChangeSerializer):
    """An answer to a question about a display set."""

    question = LinkField("api:question-detail")
    display_set = LinkField("api:display-set-detail")
