"""The phase, its evaluation method and its ground truth."""

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from app.challenges.models.challenge import Challenge
from app.core.models import TimestampedModel, UUIDModel
from app.execution.models import ContainerImage
from app.sockets.models import Socket
from archives.models import Archive
from viewer.models import Viewable

SCORE_PATH = RegexValidator(
    r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", "Keys separated by dots, such as aggregates.dice.mean"
)


class Phase(Viewable, UUIDModel, TimestampedModel):
    """Owns limits, the hidden test archive, the metric and the leaderboard."""

    class Direction(models.TextChoices):
        HIGHER = "HIGHER", "Higher is better"
        LOWER = "LOWER", "Lower is better"

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="phases")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    archive = models.ForeignKey(
        Archive,
        on_delete=models.PROTECT,
        related_name="phases",
        help_text="The hidden test cases; participants never see them.",
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
    submission_limit = models.PositiveIntegerField(
        default=10,
        validators=[MinValueValidator(1)],
        help_text="Evaluated submissions per participant; failed runs do not count.",
    )
    open = models.BooleanField(default=True, help_text="Takes submissions.")
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


class EvaluationMethod(UUIDModel, TimestampedModel):
    """A container that turns predictions and ground truth into metrics.

    ``note`` says what is new in it.
    """

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="methods")
    container_image = models.OneToOneField(
        ContainerImage, on_delete=models.PROTECT, related_name="evaluation_method"
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"Evaluation method of {self.phase}"


class GroundTruth(UUIDModel, TimestampedModel):
    """The reference data of a phase: a tar archive that only the evaluation reads.

    ``number`` counts the versions of a phase; ``note`` says what is new in this one.
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
