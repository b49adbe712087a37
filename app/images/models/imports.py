"""The import: from uploaded files to images, every file accounted for."""

from uuid import UUID

from django.conf import settings
from django.db import models

from app.core.ids import new_id
from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine
from app.images.models.image import Image
from app.uploads.models import UserUpload


class Import(UUIDModel, TimestampedModel):
    """A set of uploads turned into images for one destination.

    ``destination`` names a registered handler and ``destination_id`` its object, so that lower
    layers need not know archives or reader studies. ``attempts`` counts claims and tells them
    apart; ``idle_attempts`` counts those in a row that settled no file, so that what keeps killing
    its worker comes to an end.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Waiting"
        RUNNING = "RUNNING", "Running"
        SUCCEEDED = "SUCCEEDED", "Done"
        PARTIAL = "PARTIAL", "Done, some files left out"
        FAILED = "FAILED", "Failed"
        CANCELLED = "CANCELLED", "Cancelled"

    class Stage(models.TextChoices):
        FETCHING = "FETCHING", "Fetching the files"
        LOOKING = "LOOKING", "Looking at the files"
        CONVERTING = "CONVERTING", "Making images"
        ADDING = "ADDING", "Handing the images over"

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
            State.PARTIAL: (State.QUEUED,),
            State.FAILED: (State.QUEUED,),
            State.CANCELLED: (State.QUEUED,),
        },
        states=State,
    )
    ACTIVE = (State.QUEUED, State.RUNNING)

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imports"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    destination = models.CharField(max_length=40)
    destination_id = models.UUIDField(null=True, blank=True)
    destination_title = models.CharField(
        max_length=255, blank=True, help_text="What it was called when the import began."
    )
    details = models.JSONField(
        default=dict, blank=True, help_text="What else the destination has to know."
    )
    uploads = models.ManyToManyField(UserUpload, related_name="imports")
    paths = models.JSONField(default=dict, help_text="Upload id → relative path as chosen.")
    message = models.TextField(blank=True)
    stage = models.CharField(max_length=12, choices=Stage.choices, blank=True)
    fetched_files = models.PositiveIntegerField(default=0)
    looked_files = models.PositiveIntegerField(default=0)
    done_files = models.PositiveIntegerField(default=0)
    total_files = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    idle_attempts = models.PositiveSmallIntegerField(default=0)
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
        """Tell whether nothing more will happen by itself."""
        return self.state not in self.ACTIVE

    @property
    def progress_text(self) -> str:
        """Progress in words."""
        return f"{self.done_files} of {self.total_files}"

    @property
    def percent(self) -> int:
        """Progress through the files, 0 to 100."""
        return min(100, round(100 * self.done_files / self.total_files)) if self.total_files else 0


class ImportFile(UUIDModel):
    """What became of one file of an import.

    There is one row for each upload from the first attempt on (``whole``), and one for each file
    found in an uploaded archive once it is settled. A file from which several images were made has
    a further row for each. ``name`` is what the converter calls the file; ``key`` is made of it
    (see `app.images.services.outcomes`), so that settling a file again writes the same row.
    """

    class Outcome(models.TextChoices):
        WAITING = "WAITING", "Not imported"
        USED = "USED", "Used"
        SKIPPED = "SKIPPED", "Left out"
        FAILED = "FAILED", "Not usable"
        OPENED = "OPENED", "Opened"

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="files")
    upload = models.ForeignKey(
        UserUpload, on_delete=models.SET_NULL, null=True, blank=True, related_name="import_files"
    )
    whole = models.BooleanField(default=False, help_text="The upload itself, not a file within it.")
    name = models.TextField(blank=True)
    key = models.UUIDField(null=True, blank=True)
    path = models.CharField(max_length=500)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    code = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    advice = models.TextField(blank=True)
    image = models.ForeignKey(
        Image, on_delete=models.SET_NULL, null=True, blank=True, related_name="sources"
    )

    class Meta:
        ordering = ("outcome", "path")
        constraints = [
            models.UniqueConstraint(fields=("source", "key"), name="import_file_settled_once")
        ]
        indexes = [models.Index(fields=("source", "outcome"))]

    def __str__(self) -> str:
        return self.path

    @property
    def published_image_id(self) -> UUID | None:
        """The key of its image, unless that waits in quarantine: then it is nobody's yet."""
        if self.image is None or self.image.quarantined_at is not None:
            return None
        return self.image.pk


class ImportImage(UUIDModel, TimestampedModel):
    """An image that an import makes: written before a byte of it is stored.

    ``key`` is made of the files (see `app.images.services.outcomes`), ``image_pk`` is the key that
    the image has or will have. Whatever lies below that key in storage while the image has no row
    was left by a worker that died. ``delivered_at`` is when the destination got the image: an
    image that was delivered is never made again.
    """

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="made")
    key = models.UUIDField()
    image_pk: models.UUIDField[UUID, UUID] = models.UUIDField(default=new_id, db_index=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created", "pk")
        constraints = [
            models.UniqueConstraint(fields=("source", "key"), name="import_image_made_once")
        ]

    def __str__(self) -> str:
        return str(self.image_pk)
