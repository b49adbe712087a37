"""The run: which version of an algorithm a job ran, and for whom."""

from django.db import models

from algorithms.models.algorithm import AlgorithmInterface
from algorithms.models.version import AlgorithmVersion
from app.accounts.models import Membership
from app.core.models import TimestampedModel, UUIDModel
from app.execution.models import Job
from archives.models import ArchiveItem


class AlgorithmRun(UUIDModel, TimestampedModel):
    """Binds a job to the algorithm version that it runs.

    ``try_out`` runs belong to the person who started them; other runs belong to a submission,
    whose challenge decides who may see them. ``for_editors`` lets the editors of the algorithm
    look at a try-out. ``repeats`` is the run whose inputs this one took again.
    """

    version = models.ForeignKey(AlgorithmVersion, on_delete=models.PROTECT, related_name="runs")
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="algorithm_run")
    interface = models.ForeignKey(
        AlgorithmInterface, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    item = models.ForeignKey(
        ArchiveItem, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    repeats = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="repeated_by"
    )
    try_out = models.BooleanField(default=True)
    title = models.CharField(max_length=200, blank=True)
    comment = models.TextField(max_length=2000, blank=True)
    for_editors = models.BooleanField(default=True)

    class Meta:
        ordering = ("-created",)
        verbose_name = "run"

    def __str__(self) -> str:
        return f"{self.version} on {self.title}"


class RunMember(Membership):
    """A person whom a run is shared with."""

    class Role(models.TextChoices):
        VIEWER = "VIEWER", "Viewer"

    target = models.ForeignKey(AlgorithmRun, on_delete=models.CASCADE, related_name="memberships")
