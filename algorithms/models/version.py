"""The version: one container image of an algorithm."""

from django.db import models

from algorithms.models.algorithm import Algorithm
from app.core.models import TimestampedModel, UUIDModel
from app.execution.models import ContainerImage


class AlgorithmVersion(UUIDModel, TimestampedModel):
    """A numbered container image; its digest is the version's identity."""

    algorithm = models.ForeignKey(Algorithm, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    container_image = models.OneToOneField(
        ContainerImage, on_delete=models.PROTECT, related_name="algorithm_version"
    )
    comment = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=("algorithm", "number"), name="version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} version {self.number}"

    @property
    def is_ready(self) -> bool:
        """Tell whether the container passed its checks."""
        return self.container_image.state == ContainerImage.State.READY
