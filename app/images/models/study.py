"""What DICOM says of where an image belongs: study, series, instance; all identifiers hashed."""

from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.images.models.image import Image


class Study(UUIDModel, TimestampedModel):
    """One study in one place (an archive, a reader study); another place hashes otherwise."""

    scope = models.CharField(max_length=40)
    scope_id = models.UUIDField()
    study_instance_uid = models.CharField(max_length=64)
    patient = models.CharField(max_length=64, blank=True, help_text="The patient's pseudonym.")
    date = models.DateField(
        null=True, blank=True, help_text="Moved by the patient's offset, or none."
    )

    class Meta:
        ordering = ("created",)
        verbose_name_plural = "studies"
        constraints = [
            models.UniqueConstraint(
                fields=("scope", "scope_id", "study_instance_uid"), name="study_once_per_place"
            )
        ]

    def __str__(self) -> str:
        return self.study_instance_uid


class Series(UUIDModel, TimestampedModel):
    """One series of a study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="series")
    series_instance_uid = models.CharField(max_length=64)
    modality = models.CharField(max_length=16, blank=True)
    number = models.IntegerField(null=True, blank=True)
    instance_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("created",)
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(
                fields=("study", "series_instance_uid"), name="series_once_per_study"
            )
        ]

    def __str__(self) -> str:
        return self.series_instance_uid


class Instance(UUIDModel, TimestampedModel):
    """One de-identified DICOM file that an image was made of, kept beside it.

    ``series`` is empty for instances that were kept before the portal de-identified them itself.
    """

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="instances")
    series = models.ForeignKey(
        Series, on_delete=models.CASCADE, null=True, blank=True, related_name="instances"
    )
    sop_instance_uid = models.CharField(max_length=64)
    sop_class_uid = models.CharField(max_length=64, blank=True, default="")
    transfer_syntax_uid = models.CharField(max_length=64, blank=True, default="")
    number = models.IntegerField(null=True, blank=True)
    rows = models.PositiveIntegerField(null=True, blank=True)
    columns = models.PositiveIntegerField(null=True, blank=True)
    frames = models.PositiveIntegerField(default=1)
    key = models.CharField(max_length=200, unique=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ("created",)
        constraints = [
            models.UniqueConstraint(
                fields=("image", "sop_instance_uid"), name="instance_once_per_image"
            )
        ]

    def __str__(self) -> str:
        return self.sop_instance_uid
