"""The phase, its evaluation method and its ground truth."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from app.challenges.models.challenge import Challenge
from app.challenges.schedule import Status, faults, phase_status
from app.core.models import TimestampedModel, UUIDModel
from app.execution.models import ContainerImage
from app.sockets.models import Socket
from archives.models import Archive
from viewer.models import Viewable

SCORE_PATH = RegexValidator(
    r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", "Keys separated by dots, such as aggregates.dice.mean"
)


class Phase(Viewable, UUIDModel, TimestampedModel):
    """Owns schedule, limits, the hidden test archive, the metric and the leaderboard.

    ``kind`` says what is handed in. Algorithms run on the cases of the archive. A file with
    predictions is scored as it is; the archive, if there is one, says which cases are in it.
    Without an archive a phase of algorithms was cloned by somebody who may not use the original's,
    and is not ready.
    A resource that is not stated (``cpus`` to ``time_limit``) is what each algorithm asks for.
    ``ranked_at`` is when ranks were last given: what became due later is ranked by a periodic task.
    ``ranking_wanted_at`` is when a ranking by the plan was last asked for that is not there yet,
    ``ranking_problem`` why the plan could not be run last time. ``ranking_tries`` counts how often
    it was begun since then, ``ranking_tried_at`` is set while it is computed.
    """

    class Direction(models.TextChoices):
        HIGHER = "HIGHER", "Higher is better"
        LOWER = "LOWER", "Lower is better"

    class Kind(models.TextChoices):
        ALGORITHM = "ALGORITHM", "An algorithm"
        PREDICTIONS = "PREDICTIONS", "A file with predictions"

    class Form(models.TextChoices):
        JSON = "JSON", "JSON"
        CSV = "CSV", "CSV with a header"

    class Counts(models.TextChoices):
        """Which of an entrant's results stands on the leaderboard."""

        BEST = "BEST", "The best one"
        LATEST = "LATEST", "The latest one"
        CHOSEN = "CHOSEN", "The one they choose; until then the best"

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="phases")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(
        "what is handed in",
        max_length=11,
        choices=Kind.choices,
        default=Kind.ALGORITHM,
        help_text="Stays as it is once the phase has opened.",
    )
    archive = models.ForeignKey(
        Archive,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="phases",
        help_text="The hidden test cases; participants never see them. A phase that takes files "
        "can do without: then there are no scores of single cases.",
    )
    predictions_form = models.CharField(
        "form of the file",
        max_length=4,
        choices=Form.choices,
        default=Form.JSON,
        help_text="Your evaluation container finds it at /input/predictions.json or .csv.",
    )
    predictions_schema = models.JSONField(
        "JSON Schema of the file",
        null=True,
        blank=True,
    )
    predictions_max_mb = models.PositiveSmallIntegerField(
        "largest file in MiB",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
    )
    inputs = models.ManyToManyField(Socket, related_name="phase_inputs")
    outputs = models.ManyToManyField(Socket, related_name="phase_outputs")
    score_path = models.CharField(
        max_length=200,
        default="aggregates.dice.mean",
        validators=[SCORE_PATH],
        help_text="Where the score is in metrics.json, keys separated by dots.",
    )
    score_title = models.CharField(max_length=60, default="Dice")
    direction = models.CharField(max_length=6, choices=Direction.choices, default=Direction.HIGHER)
    parent = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="only after",
        help_text="Only whoever came to a score in that phase may submit here.",
    )

    opens_at = models.DateTimeField(
        "opens",
        null=True,
        blank=True,
        default=timezone.now,
        help_text="In UTC. Without it the phase is a draft and takes no submissions.",
    )
    closes_at = models.DateTimeField(
        "closes", null=True, blank=True, help_text="In UTC. Without it the phase stays open."
    )
    frozen_at = models.DateTimeField(
        "leaderboard freezes",
        null=True,
        blank=True,
        help_text="In UTC. What is scored later is ranked when the phase closes.",
    )
    ranked_at = models.DateTimeField(null=True, blank=True, editable=False)
    ranking_wanted_at = models.DateTimeField(null=True, blank=True, editable=False)
    ranking_problem = models.CharField(max_length=500, blank=True, editable=False)
    ranking_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    ranking_tried_at = models.DateTimeField(null=True, blank=True, editable=False)

    ranking_plan = models.JSONField(
        "ranking plan",
        null=True,
        blank=True,
        help_text="Empty: by the mean over the cases, with intervals from 1,000 draws.",
    )
    publish_ranking = models.BooleanField(
        "publish plan, scores and results",
        default=False,
        help_text="Whoever sees the leaderboard may download them; cases have numbers, no names.",
    )
    counts = models.CharField(
        "result that counts", max_length=6, choices=Counts.choices, default=Counts.BEST
    )
    ladder_step = models.FloatField(
        "step of the ladder",
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="A better result replaces the one that is shown only if it is better by this "
        "much, until the phase closes. Empty: any better result does.",
    )
    score_decimals = models.PositiveSmallIntegerField(
        "decimals of scores",
        null=True,
        blank=True,
        validators=[MaxValueValidator(9)],
        help_text="As the leaderboard shows them. Empty: 4.",
    )
    leaderboard_columns = models.JSONField(
        "further columns of the leaderboard", default=list, blank=True
    )

    limit_successful = models.PositiveIntegerField(
        "successful submissions",
        null=True,
        blank=True,
        default=10,
        validators=[MinValueValidator(1)],
        help_text="Per team or lone participant; failed ones do not count. Empty: no limit.",
    )
    limit_successful_days = models.PositiveSmallIntegerField(
        "in how many days",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Empty: in the whole phase.",
    )
    limit_attempted = models.PositiveIntegerField(
        "attempted submissions",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Per team or lone participant, failed ones too; faults of the portal do not "
        "count. Empty: no limit.",
    )
    limit_attempted_days = models.PositiveSmallIntegerField(
        "in how many days",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Empty: in the whole phase.",
    )
    limit_under_way = models.PositiveSmallIntegerField(
        "submissions at a time",
        null=True,
        blank=True,
        default=5,
        validators=[MinValueValidator(1)],
        help_text="Per team or lone participant: more are taken when one of these has been "
        "evaluated. Empty: no limit.",
    )

    cpus = models.PositiveSmallIntegerField(
        "processors", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    memory_mb = models.PositiveIntegerField(
        "memory in MiB", null=True, blank=True, validators=[MinValueValidator(64)]
    )
    gpus = models.PositiveSmallIntegerField("GPUs", null=True, blank=True)
    gpu_memory_mb = models.PositiveIntegerField("memory of a GPU in MiB", null=True, blank=True)
    time_limit = models.PositiveIntegerField(
        "time for a case in seconds", null=True, blank=True, validators=[MinValueValidator(10)]
    )
    show_case_scores = models.BooleanField(
        default=False,
        help_text="Whoever handed in sees the scores of each case by its number, never its name.",
    )
    show_logs = models.BooleanField(
        default=True,
        help_text="Whoever handed in sees the end of the log of a case that failed, with names of "
        "cases and long data masked. A log can still carry what a container wants to tell.",
    )

    class Meta:
        ordering = ("created",)
        constraints = [
            models.UniqueConstraint(fields=("challenge", "title"), name="phase_title_once")
        ]

    def __str__(self) -> str:
        return f"{self.challenge} · {self.title}"

    @property
    def takes_predictions(self) -> bool:
        """Tell whether a file is handed in, and no algorithm."""
        return self.kind == self.Kind.PREDICTIONS

    @property
    def predictions_name(self) -> str:
        """What the file is called where the evaluation container finds it."""
        return f"predictions.{self.predictions_form.lower()}"

    @property
    def predictions_max_bytes(self) -> int:
        """How large the file may be."""
        return self.predictions_max_mb * 2**20

    @property
    def status(self) -> Status:
        """Where the phase is in its time now."""
        return phase_status(self.opens_at, self.closes_at, timezone.now())

    @property
    def takes_submissions(self) -> bool:
        """Tell whether its time is now."""
        return self.status == Status.OPEN

    def is_closed(self, now: datetime) -> bool:
        """Tell whether the phase took its last submission before ``now``."""
        return phase_status(self.opens_at, self.closes_at, now) == Status.CLOSED

    def is_frozen(self, now: datetime) -> bool:
        """Tell whether the leaderboard holds back what is scored ``now``."""
        return self.frozen_at is not None and self.frozen_at <= now and not self.is_closed(now)

    def has_ladder(self, now: datetime) -> bool:
        """Tell whether a better result shows only if it is better by the step."""
        by_score = self.counts != self.Counts.LATEST
        return by_score and bool(self.ladder_step) and not self.is_closed(now)

    def clean(self) -> None:
        """Check that the times follow each other."""
        super().clean()
        found = faults(self.opens_at, self.closes_at, self.frozen_at)
        if found:
            raise ValidationError(found)


class EvaluationMethod(UUIDModel, TimestampedModel):
    """A container that turns predictions and ground truth into metrics.

    ``note`` says what is new in it. Phases of clones share the image of the phase they came from.
    """

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="methods")
    container_image = models.ForeignKey(
        ContainerImage, on_delete=models.PROTECT, related_name="evaluation_methods"
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"Evaluation method of {self.phase}"


class GroundTruth(UUIDModel, TimestampedModel):
    """The reference data of a phase: a tar archive that only the evaluation reads.

    ``number`` counts the versions of a phase; ``note`` says what is new in this one. Phases of
    clones share the stored object, which never changes.
    """

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="ground_truths")
    number = models.PositiveIntegerField(default=1)
    note = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"Ground truth {self.number} of {self.phase}"
