"""The run: which version of an algorithm a job ran, and for whom."""

from django.db import models

from algorithms.models.version import AlgorithmVersion
from app.core.models import TimestampedModel, UUIDModel
from app.execution.models import Job


class AlgorithmRun(UUIDModel, TimestampedModel):
    """Binds a job to the algorithm version that it runs.

    ``try_out`` runs belong to the person who started them; other runs belong to a submission,
    whose challenge decides who may see them.
    """

    version = models.ForeignKey(AlgorithmVersion, on_delete=models.PROTECT, related_name="runs")
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="algorithm_run")
    try_out = models.BooleanField(default=True)
    title = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.version} on {self.title}"
