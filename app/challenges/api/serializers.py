"""Shapes of challenges, phases, submissions and evaluations."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from app.challenges.leaderboards.columns import cells_of
from app.challenges.leaderboards.shown_scores import shown_score
from app.challenges.models import Challenge, Evaluation, Phase, Submission
from app.challenges.policies import CHALLENGES, EVALUATIONS
from app.challenges.schedule import Status
from app.challenges.selectors import predictions_url
from app.core.api.fields import KeyField, LinkField, PlainJSONField
from app.core.api.pages import LogoField, PageField
from app.requests.api.serializers import AskableSerializer
from app.sockets.api.serializers import SocketSerializer

LARGEST = 2_147_483_647
TIMES = ("opens_at", "closes_at", "frozen_at")
BIG = ("limit_successful", "limit_attempted", "memory_mb", "gpu_memory_mb", "time_limit")
_SMALL = ("limit_successful_days", "limit_attempted_days", "limit_under_way", "cpus", "gpus")
NUMBERS = (*BIG, *_SMALL)
TERMS = (*TIMES, *NUMBERS)
RANKING = (
    "ranking_plan",
    "counts",
    "ladder_step",
    "score_decimals",
    "publish_ranking",
    "leaderboard_columns",
)
HANDED_IN = ("kind", "predictions_form", "predictions_schema", "predictions_max_mb")


class ChallengeSerializer(serializers.ModelSerializer[Challenge]):
    """A challenge."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:challenge-detail", source="*", read_only=True)
    url = PageField("challenges:detail")
    logo = LogoField()
    status = serializers.ChoiceField(choices=[one.value for one in Status], read_only=True)

    class Meta:
        model = Challenge
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
            "team_size",
            "status",
            "logo",
        )
        read_only_fields = fields


class NewChallengeSerializer(AskableSerializer):
    """What a challenge is made or changed with."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    public = serializers.BooleanField(required=False)
    team_size = serializers.IntegerField(required=False, min_value=1, max_value=100)


class CloneSerializer(serializers.Serializer[Any]):
    """The name of a challenge that is made from another."""

    title = serializers.CharField(max_length=200)
    slug = serializers.SlugField(max_length=60, required=False, allow_blank=True)


class PhaseSerializer(serializers.ModelSerializer[Phase]):
    """A phase: its rules; the hidden archive is only named to who may change it."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:phase-detail", source="*", read_only=True)
    url = PageField("challenges:phase")
    challenge = LinkField("api:challenge-detail", source="challenge_id", read_only=True)
    inputs = SocketSerializer(many=True, read_only=True)
    outputs = SocketSerializer(many=True, read_only=True)
    status = serializers.ChoiceField(choices=[one.value for one in Status], read_only=True)
    parent = LinkField(  # type: ignore[assignment]
        "api:phase-detail", source="parent_id", read_only=True, allow_null=True
    )

    class Meta:
        model = Phase
        fields = (
            "pk",
            "api_url",
            "url",
            "challenge",
            "title",
            "description",
            *HANDED_IN,
            "inputs",
            "outputs",
            "score_title",
            "score_path",
            "direction",
            *RANKING,
            "status",
            "parent",
            *TERMS,
            "show_case_scores",
            "show_logs",
        )
        read_only_fields = fields


class PhaseChangeSerializer(serializers.ModelSerializer[Phase]):
    """What is changed of a phase."""

    predictions_schema = PlainJSONField(required=False, allow_null=True)
    parent = LinkField("api:phase-detail", required=False, allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = Phase
        extra_kwargs: ClassVar[Any] = {
            name: {"max_value": LARGEST if name in BIG else 32_767} for name in NUMBERS
        }
        fields = (
            "title",
            "description",
            *HANDED_IN,
            "score_title",
            "score_path",
            "direction",
            "parent",
            *TERMS,
            "show_case_scores",
            "show_logs",
        )


class NewPhaseSerializer(PhaseChangeSerializer):
    """A phase to be made on a hidden test archive of the caller's.

    One that takes files with predictions can do without an archive.
    """

    challenge = LinkField("api:challenge-detail")
    archive = LinkField("api:archive-detail", required=False, allow_null=True)

    class Meta(PhaseChangeSerializer.Meta):
        fields = ("challenge", "archive", *PhaseChangeSerializer.Meta.fields)  # type: ignore[assignment]


class TakeoverSerializer(serializers.Serializer[Any]):
    """An upload that a phase takes over."""

    user_upload = LinkField("uploads:detail")
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class CauseSerializer(serializers.Serializer[Any]):
    """Why something is evaluated again."""

    cause = serializers.CharField(max_length=300, required=False, allow_blank=True)


class TakenSerializer(serializers.Serializer[Any]):
    """What became of the upload."""

    pk = KeyField()


class ShownScoreField(serializers.FloatField):
    """A result's score: in full to organizers, as the phase gives it out to others."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, allow_null=True, **options)

    def to_representation(self, value: Evaluation) -> float | None:  # type: ignore[override]
        """Return the score; who asks matters only where the two differ."""
        phase = value.submission.phase
        shown = shown_score(value, phase)
        return value.score if shown != value.score and self._is_full(phase) else shown

    def _is_full(self, phase: Phase) -> bool:
        known: bool | None = self.context.get("organizes")
        if known is not None:
            return known
        return CHALLENGES.allows(self.context["request"].user, phase.challenge, "change")


class ColumnValueSerializer(serializers.Serializer[Any]):
    """A further number of a place; nothing where the result has none."""

    title = serializers.CharField()
    value = serializers.FloatField(allow_null=True)


class PlaceSerializer(serializers.ModelSerializer[Evaluation]):
    """One place of a leaderboard."""

    score = ShownScoreField()
    score_title = serializers.CharField(source="submission.phase.score_title", read_only=True)
    algorithm = serializers.CharField(
        source="submission.version.algorithm.title", read_only=True, allow_null=True
    )
    entrant = serializers.CharField(source="submission.competes_as.display_name", read_only=True)
    creator = serializers.CharField(source="submission.creator.username", read_only=True)
    columns = serializers.SerializerMethodField()

    class Meta:
        model = Evaluation
        fields = (
            "rank",
            "score",
            "score_title",
            "columns",
            "algorithm",
            "entrant",
            "creator",
            "finished_at",
        )
        read_only_fields = fields

    @extend_schema_field(ColumnValueSerializer(many=True))
    def get_columns(self, row: Evaluation) -> list[dict[str, Any]]:
        """Return the organizers' columns: in full to them, as the phase shows scores to others."""
        full = self.context["organizes"]
        return [
            {"title": cell.column.title, "value": cell.full if full else cell.shown}
            for cell in cells_of(row, row.submission.phase)
        ]


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    """A submission with its evaluations."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:submission-detail", source="*", read_only=True)
    phase = LinkField("api:phase-detail", source="phase_id", read_only=True)
    creator = serializers.CharField(source="creator.username", read_only=True)
    algorithm_image = LinkField(
        "api:algorithm-image-detail", source="version_id", read_only=True, allow_null=True
    )
    file = serializers.SerializerMethodField()
    team = LinkField("api:team-detail", source="entrant.team_id", read_only=True, allow_null=True)
    refund = serializers.CharField(read_only=True)
    status = serializers.CharField(source="get_state_display", read_only=True)
    evaluations = serializers.ListField(
        child=LinkField("api:evaluation-detail"), source="evaluations.all", read_only=True
    )

    class Meta:
        model = Submission
        fields = (
            "pk",
            "api_url",
            "phase",
            "creator",
            "team",
            "algorithm_image",
            "file",
            "status",
            "refund",
            "comment",
            "created",
            "chosen_at",
            "evaluations",
        )
        read_only_fields = fields

    def get_file(self, submission: Submission) -> str | None:
        """Return the address of the file that was handed in."""
        path = predictions_url(submission)
        return str(self.context["request"].build_absolute_uri(path)) if path else None


class NewSubmissionSerializer(serializers.Serializer[Any]):
    """What is handed in to a phase: an algorithm (its newest version that passed its checks).

    A phase that takes predictions wants an uploaded file instead.
    """

    phase = LinkField("api:phase-detail")
    algorithm = LinkField("api:algorithm-detail", required=False)
    user_upload = LinkField("uploads:detail", required=False)
    comment = serializers.CharField(max_length=300, required=False, allow_blank=True)


class PredictionsUploadSerializer(serializers.Serializer[Any]):
    """An uploaded file to look at."""

    user_upload = LinkField("uploads:detail")


class FaultSerializer(serializers.Serializer[Any]):
    """What a phase does not take in a file; the path is empty for the file as a whole."""

    path = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class CheckedPredictionsSerializer(serializers.Serializer[Any]):
    """Whether a phase takes a file, and else the first reasons why not."""

    fits = serializers.BooleanField()
    faults = FaultSerializer(many=True)


class EvaluationSerializer(serializers.ModelSerializer[Evaluation]):
    """An evaluation; organizers also see the metrics in full and their own reason."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:evaluation-detail", source="*", read_only=True)
    url = PageField("challenges:evaluation")
    submission = SubmissionSerializer(read_only=True)
    status = serializers.CharField(source="get_state_display", read_only=True)
    rank_score = ShownScoreField()
    metrics = serializers.SerializerMethodField()
    organizer_reason = serializers.SerializerMethodField()

    class Meta:
        model = Evaluation
        fields = (
            "pk",
            "api_url",
            "url",
            "submission",
            "created",
            "finished_at",
            "status",
            "rank",
            "rank_score",
            "reason",
            "metrics",
            "organizer_reason",
            "cause",
        )
        read_only_fields = fields

    def to_representation(self, instance: Evaluation) -> Any:
        """Show an evaluation, by the role that it was read with if it was."""
        user, challenge = self.context["request"].user, instance.submission.phase.challenge
        CHALLENGES.keep_role(user, challenge, read_with=instance)
        return super().to_representation(instance)

    @extend_schema_field({})
    def get_metrics(self, evaluation: Evaluation) -> Any:
        """Return what the evaluation container wrote, to organizers."""
        return evaluation.metrics if self._organizes(evaluation) else None

    def get_organizer_reason(self, evaluation: Evaluation) -> str:
        """Return the organizers' words, to them."""
        return evaluation.organizer_reason if self._organizes(evaluation) else ""

    def _organizes(self, evaluation: Evaluation) -> bool:
        return EVALUATIONS.allows(self.context["request"].user, evaluation, "organize")


class CaseScoreSerializer(serializers.Serializer[Any]):
    """One score of one case; only organizers see which case it was."""

    case = serializers.IntegerField(help_text="The number of the case in the phase.")
    title = serializers.CharField(required=False)
    item = serializers.UUIDField(required=False)
    metric = serializers.CharField()
    value = serializers.FloatField(allow_null=True)

    def get_fields(self) -> Any:
        """Add the class, whose name Python keeps for itself."""
        return {**super().get_fields(), "class": serializers.CharField(allow_blank=True)}


class ProgressSerializer(serializers.Serializer[Any]):
    """How far an evaluation is; place and start are of its job that is next in the line."""

    state = serializers.CharField()
    cases_done = serializers.IntegerField()
    cases_total = serializers.IntegerField()
    queue_place = serializers.IntegerField(source="place", allow_null=True)
    expected_start = serializers.DateTimeField(source="start", allow_null=True)
    waiting_for = serializers.CharField(source="waiting.title", default="")
