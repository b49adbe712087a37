"""A ranking that was computed from a plan and scores, and is kept as it was."""

from django.core.validators import MinValueValidator
from django.db import models

from app.challenges.models.entrant import Entrant
from app.challenges.models.evaluation import Evaluation
from app.challenges.models.phase import Phase
from app.core.models import TimestampedModel, UUIDModel


class Ranking(UUIDModel, TimestampedModel):
    """What a plan made of the scores there were; nothing changes but a name that is erased.

    ``plan`` is the plan as it was run. Scores and results are objects in storage, so that anyone
    who may have them makes the same results again. ``score_from`` and ``score_to`` are the lowest
    and the highest score of a single case, between which the entries' distributions are counted.
    """

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="rankings")
    plan = models.JSONField()
    plan_sha256 = models.CharField(max_length=64)
    scores_sha256 = models.CharField(max_length=64)
    scores_key = models.CharField(max_length=200)
    results_key = models.CharField(max_length=200)
    seed = models.BigIntegerField(null=True)
    code_version = models.CharField(max_length=40)
    cases = models.PositiveIntegerField()
    entry_count = models.PositiveIntegerField()
    score_from = models.FloatField(null=True)
    score_to = models.FloatField(null=True)
    notes = models.JSONField(default=list)

    class Meta:
        ordering = ("-created",)
        indexes = [models.Index(fields=("phase", "-created"), name="ranking_newest")]

    def __str__(self) -> str:
        return f"Ranking of {self.phase} at {self.created:%Y-%m-%d %H:%M}"


class RankingEntry(UUIDModel):
    """One entrant's place by the plan's first scheme, or the ``reason`` why there is none.

    ``name`` is what the entrant is called in scores and results. ``tier`` is the interval of the
    rank as text. ``distribution`` counts the scores of the single cases, from low to high.
    """

    ranking = models.ForeignKey(Ranking, on_delete=models.CASCADE, related_name="entries")
    evaluation = models.ForeignKey(
        Evaluation, on_delete=models.CASCADE, related_name="ranking_entries"
    )
    entrant = models.ForeignKey(Entrant, on_delete=models.CASCADE, related_name="ranking_entries")
    name = models.CharField(max_length=200)
    position = models.FloatField(null=True, validators=[MinValueValidator(1)])
    value = models.FloatField(null=True)
    rank_from = models.FloatField(null=True)
    rank_to = models.FloatField(null=True)
    tier = models.CharField(max_length=40, blank=True)
    band = models.PositiveIntegerField(null=True)
    value_from = models.FloatField(null=True)
    value_to = models.FloatField(null=True)
    missing = models.PositiveIntegerField(default=0)
    distribution = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("position", "name")
        verbose_name_plural = "ranking entries"
        constraints = [
            models.UniqueConstraint(fields=("ranking", "entrant"), name="ranked_once_per_ranking")
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.ranking}"
