"""What a phase gives participants to try their algorithm with."""

from django.db import models

from app.challenges.models.phase import Phase
from app.core.models import TimestampedModel, UUIDModel
from archives.models import Archive


class StarterKit(UUIDModel, TimestampedModel):
    """The sample of a phase, and the source of its evaluation container.

    ``archive`` holds the sample cases: everybody who may submit downloads them. The ground truth
    of the sample and the source are tar archives in storage; where there is no source, the kit
    has the demo's evaluation as the example to copy.
    """

    phase = models.OneToOneField(Phase, on_delete=models.CASCADE, related_name="starter_kit")
    archive = models.ForeignKey(
        Archive,
        on_delete=models.SET_NULL,
        null=True,
        related_name="starter_kits",
        verbose_name="sample archive",
    )
    truth_key = models.CharField(max_length=200, blank=True)
    truth_size = models.BigIntegerField(default=0)
    source_key = models.CharField(max_length=200, blank=True)
    source_size = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Starter kit of {self.phase}"
