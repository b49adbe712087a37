"""What the evaluation container measured on one case."""

from django.db import models

from app.challenges.models.evaluation import EvaluationCase
from app.core.models import UUIDModel


class CaseScore(UUIDModel):
    """One number of one case; ``label`` names the class that it is about, if it is about one.

    ``value`` is nothing where the container gave none that is finite: missing is said, not dropped.
    """

    case = models.ForeignKey(EvaluationCase, on_delete=models.CASCADE, related_name="scores")
    metric = models.CharField(max_length=100)
    label = models.CharField(max_length=100, blank=True)
    value = models.FloatField(null=True)

    class Meta:
        ordering = ("metric", "label")
        constraints = [
            models.UniqueConstraint(
                fields=("case", "metric", "label"), name="score_once_per_case_and_class"
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} of {self.case}"
