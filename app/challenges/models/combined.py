"""A leaderboard over several phases of one challenge."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from app.challenges.models.challenge import Challenge
from app.challenges.models.phase import Phase
from app.core.models import TimestampedModel, UUIDModel

LEAST_WEIGHT, MOST_WEIGHT = 0.001, 1000


class CombinedBoard(UUIDModel, TimestampedModel):
    """Puts entrants in one order by what the leaderboards of its phases show; keeps no ranks."""

    class Rule(models.TextChoices):
        RANKS = "RANKS", "The mean of the ranks"
        SCORES = "SCORES", "The mean of the scores"

    class Missing(models.TextChoices):
        """What an entrant gets who is not ranked in one of the phases."""

        WORST = "WORST", "The worst rank there, plus 1"
        OUT = "OUT", "No combined rank"

    challenge = models.ForeignKey(
        Challenge, on_delete=models.CASCADE, related_name="combined_boards"
    )
    title = models.CharField(max_length=80)
    rule = models.CharField("what decides", max_length=6, choices=Rule.choices, default=Rule.RANKS)
    missing = models.CharField(
        "who is not ranked in a phase",
        max_length=5,
        choices=Missing.choices,
        default=Missing.WORST,
        help_text="They stay on the page either way, with the reason.",
    )

    class Meta:
        ordering = ("created",)
        constraints = [
            models.UniqueConstraint(fields=("challenge", "title"), name="combined_title_once")
        ]

    def __str__(self) -> str:
        return f"{self.challenge} · {self.title}"


class CombinedPart(UUIDModel):
    """A phase that counts in a combined leaderboard, and how much."""

    board = models.ForeignKey(CombinedBoard, on_delete=models.CASCADE, related_name="parts")
    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="combined_parts")
    weight = models.FloatField(
        default=1, validators=[MinValueValidator(LEAST_WEIGHT), MaxValueValidator(MOST_WEIGHT)]
    )

    class Meta:
        ordering = ("phase__created",)
        constraints = [
            models.UniqueConstraint(fields=("board", "phase"), name="phase_combined_once")
        ]

    def __str__(self) -> str:
        return f"{self.phase} in {self.board}"
