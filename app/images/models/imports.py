"""The import: from uploaded files to images, every file accounted for."""

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine
from app.images.models.image import Image
from app.uploads.models import UserUpload


class Import(UUIDModel, TimestampedModel):
    """A set of uploads turned into images for one destination.

    ``destination`` names a registered handler and ``destination_id`` its object, so that lower
    layers need not know archives or reader studies.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Waiting"
        RUNNING = "RUNNING", "Running"
        SUCCEEDED = "SUCCEEDED", "Done"
        PARTIAL = "PARTIAL", "Done, some files left out"
        FAILED = "FAILED", "Failed"
        CANCELLED = "CANCELLED", "Cancelled"

    MACHINE = StateMachine.of(
        {
            State.QUEUED: (State.RUNNING, State.CANCELLED, State.FAILED),
            State.RUNNING: (
                State.SUCCEEDED,
                State.PARTIAL,
                State.FAILED,
                State.CANCELLED,
                State.QUEUED,
            ),
        },
        states=State,
    )

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imports"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    destination = models.CharField(max_length=40)
    destination_id = models.UUIDField(null=True, blank=True)
    details = models.JSONField(
        default=dict, blank=True, help_text="What else the destination has to know."
    )
    uploads = models.ManyToManyField(UserUpload, related_name="imports")
    paths = models.JSONField(default=dict, help_text="Upload id → relative path as chosen.")
    message = models.TextField(blank=True)
    done_files = models.PositiveIntegerField(default=0)
    total_files = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    deidentification = models.JSONField(
        default=dict, blank=True, help_text="What was removed from DICOM files; no values."
    )

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"Import {self.pk}"

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.state in self.MACHINE.final

    @property
    def progress_text(self) -> str:
        """Progress in words."""
        return f"{self.done_files} of {self.total_files}"

    @property
    def percent(self) -> int:
        """Progress through the files, 0 to 100."""
        return min(100, round(100 * self.done_files / self.total_files)) if self.total_files else 0


class ImportFile(UUIDModel):
    """What became of one file of an import."""

    class Outcome(models.TextChoices):
        USED = "USED", "Used"
        SKIPPED = "SKIPPED", "Left out"
        FAILED = "FAILED", "Not usable"

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=500)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    code = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    advice = models.TextField(blank=True)
    image = models.ForeignKey(
        Image, on_delete=models.SET_NULL, null=True, blank=True, related_name="sources"
    )

    class Meta:
        ordering = ("outcome", "path")

    def __str__(self) -> str:
        return self.path
