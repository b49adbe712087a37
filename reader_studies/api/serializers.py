"""Shapes of reader studies, display sets, questions and answers."""

from datetime import timedelta
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
from reader_studies.api.question_serializers import LARGEST, QuestionSerializer
from reader_studies.models import Answer, DisplaySet, ReaderStudy
from reader_studies.models.reader_study import MOST_ROLLED_OVER
from reader_studies.selectors import has_reference, ordered_sets
from viewer.api.hanging_serializers import ContentField, HangingProtocolSerializer


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
    has_ground_truth = serializers.SerializerMethodField()
    allow_answer_modification = serializers.BooleanField(
        source="answers_may_change", read_only=True
    )
    enable_autosaving = Constant(True)
    allow_case_navigation = serializers.BooleanField(source="case_navigation", read_only=True)
    allow_show_all_annotations = Constant(False)
    roll_over_answers_for_n_cases = serializers.IntegerField(source="roll_over", read_only=True)
    shuffle_hanging_list = serializers.BooleanField(source="shuffle", read_only=True)
    end_of_study_text_safe = serializers.CharField(source="end_text", read_only=True)

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
            "shuffle_hanging_list",
            "end_of_study_text_safe",
        )
        read_only_fields = fields

    def get_has_ground_truth(self, study: ReaderStudy) -> bool:
        """Tell whether a reference standard was entered."""
        known = getattr(study, "is_referenced", None)
        return has_reference(study) if known is None else bool(known)


class NewReaderStudySerializer(AskableSerializer):
    """What a reader study is made or changed with."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    instructions = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    allow_answer_modification = serializers.BooleanField(
        required=False, source="answers_may_change"
    )
    allow_case_navigation = serializers.BooleanField(required=False, source="case_navigation")
    shuffle_hanging_list = serializers.BooleanField(required=False, source="shuffle")
    roll_over_answers_for_n_cases = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_ROLLED_OVER, source="roll_over"
    )
    end_of_study_text = serializers.CharField(
        max_length=20_000, required=False, allow_blank=True, source="end_text"
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
    index = serializers.SerializerMethodField()

    @extend_schema_field({"type": "object"})
    def get_descriptions_map_safe(self, display_set: DisplaySet) -> dict[str, str]:
        """Return descriptions by image; display sets have none."""
        return {}

    def get_index(self, display_set: DisplaySet) -> int | None:
        """Return its place, from 0, in the order in which the caller gets the cases."""
        request = self.context.get("request")
        if request is None or not request.user.is_authenticated:
            return None
        context: dict[str, Any] = self.context  # type: ignore[assignment]
        orders = context.setdefault("orders", {})
        if display_set.study_id not in orders:
            ordered = ordered_sets(display_set.study, reader=request.user)
            orders[display_set.study_id] = {pk: place for place, pk in enumerate(ordered)}
        place: int | None = orders[display_set.study_id].get(display_set.pk)
        return place


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
    """An answer; a choice is answered by its option's id, a mask by an image."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:answer-detail", source="*", read_only=True)
    answer = serializers.SerializerMethodField()
    creator = serializers.CharField(source="reader.username", read_only=True)
    question = LinkField("api:question-detail", source="question_id", read_only=True)
    display_set = LinkField("api:display-set-detail", source="display_set_id", read_only=True)
    answer_image = LinkField("api:image-detail", source="image_id", read_only=True, allow_null=True)
    last_edit_duration = serializers.DurationField(read_only=True, allow_null=True)
    total_edit_duration = serializers.DurationField(read_only=True, allow_null=True)
    is_ground_truth = serializers.BooleanField(source="is_reference", read_only=True)
    score = serializers.SerializerMethodField()

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
            "explanation",
            "version",
            "score",
        )
        read_only_fields = fields

    @extend_schema_field({})
    def get_answer(self, answer: Answer) -> Any:
        """Return the answer; of a mask nothing, for that is an image."""
        return None if answer.image_id is not None else answer.value

    @extend_schema_field({"type": ["number", "null"]})
    def get_score(self, answer: Answer) -> float | None:
        """Return how it compares with the reference standard, to those who may know that."""
        return answer.score if getattr(answer, "shows_score", False) else None


class AnswerChangeSerializer(serializers.Serializer[Any]):
    """A changed answer: JSON of the question's type, or for a mask the image that holds it.

    ``null`` answers a question that is not required: there is nothing. ``last_edit_duration`` is
    how long the reader was at it, in seconds or as ``hh:mm:ss``.
    """

    answer = PlainJSONField(required=False, allow_null=True, default=None)
    answer_image = LinkField("api:image-detail", required=False, allow_null=True)
    last_edit_duration = serializers.DurationField(
        required=False, allow_null=True, min_value=timedelta()
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take an image as the answer that it is."""
        image = attrs.pop("answer_image", None)
        if image is not None:
            attrs["answer"] = {"image": image}
        return attrs


class NewAnswerSerializer(AnswerChangeSerializer):
    """An answer to a question about a display set."""

    question = LinkField("api:question-detail")
    display_set = LinkField("api:display-set-detail")
