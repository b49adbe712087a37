"""The version: one container image of an algorithm; and its model weights, versioned alike."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from algorithms.models.algorithm import Algorithm
from algorithms.models.stage import Stage, Staged
from app.core.models import TimestampedModel, UUIDModel
from app.execution.models import ContainerImage, ModelWeights

_IN_PRODUCTION = Q(stage=Stage.PRODUCTION)


class AlgorithmVersion(Staged, UUIDModel, TimestampedModel):
    """A numbered container image; its digest is the version's identity."""

    algorithm = models.ForeignKey(Algorithm, on_delete=models.CASCADE, related_name="versions")
    container_image = models.OneToOneField(
        ContainerImage, on_delete=models.PROTECT, related_name="algorithm_version"
    )

    class Meta(Staged.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=("algorithm", "number"), name="version_number_once"),
            models.UniqueConstraint(
                fields=("algorithm",), condition=_IN_PRODUCTION, name="version_in_production_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} version {self.number}"

    @property
    def archive(self) -> ContainerImage:
        """Return the uploaded archive."""
        return self.container_image

    @property
    def is_ready(self) -> bool:
        """Tell whether the container passed its checks."""
        return self.container_image.is_ready


class AlgorithmModel(Staged, UUIDModel, TimestampedModel):
    """Numbered model weights of an algorithm; runs find them at `/opt/ml/model`."""

    algorithm = models.ForeignKey(Algorithm, on_delete=models.CASCADE, related_name="models")
    weights = models.OneToOneField(
        ModelWeights, on_delete=models.PROTECT, related_name="algorithm_model"
    )

    class Meta(Staged.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=("algorithm", "number"), name="model_number_once"),
            models.UniqueConstraint(
                fields=("algorithm",), condition=_IN_PRODUCTION, name="model_in_production_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} model {self.number}"

    @property
    def archive(self) -> ModelWeights:
        """Return the uploaded archive."""
        return self.weights

    @property
    def is_ready(self) -> bool:
        """Tell whether the weights passed their checks."""
        return self.weights.is_ready


class StageChange(UUIDModel, TimestampedModel):
    """One move of a version or of model weights between stages, and who approved it."""

    version = models.ForeignKey(
        AlgorithmVersion, on_delete=models.CASCADE, null=True, related_name="stage_changes"
    )
    model = models.ForeignKey(
        AlgorithmModel, on_delete=models.CASCADE, null=True, related_name="stage_changes"
    )
    before = models.CharField(max_length=12, choices=Stage.choices)
    after = models.CharField(max_length=12, choices=Stage.choices)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    comment = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-created",)
        constraints = [
            models.CheckConstraint(
                condition=Q(version__isnull=False, model__isnull=True)
                | Q(version__isnull=True, model__isnull=False),
                name="stage_change_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version or self.model}: {self.before} to {self.after}"
