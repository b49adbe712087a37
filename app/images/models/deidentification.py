"""How the DICOM files that go to one place are de-identified."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from app.core.models import TimestampedModel, UUIDModel


class DeidentificationSettings(UUIDModel, TimestampedModel):
    """The options and the secret of one place: an archive, a reader study, a job.

    ``scope`` and ``scope_id`` name the place, so that lower layers need not know archives. The
    secret makes the pseudonyms of patients, studies and instances: the same ones within a place,
    others everywhere else. It is kept sealed and never shown.
    """

    class Option(models.TextChoices):
        RETAIN_DATES = (
            "retain_modified_dates",
            "Keep dates, moved by the same number of days per patient",
        )
        RETAIN_PATIENT = (
            "retain_patient_characteristics",
            "Keep what describes the patient: age, sex, weight",
        )
        RETAIN_DEVICE = "retain_device_identity", "Keep which device was used"
        RETAIN_INSTITUTION = "retain_institution_identity", "Keep which institution made the images"
        RETAIN_UIDS = "retain_uids", "Keep the original identifiers of studies and instances"
        RETAIN_SAFE_PRIVATE = "retain_safe_private", "Keep private attributes known to be safe"
        CLEAN_DESCRIPTORS = "clean_descriptors", "Keep descriptions, with what may identify removed"

    scope = models.CharField(max_length=40)
    scope_id = models.UUIDField()
    options = ArrayField(
        models.CharField(max_length=40, choices=Option.choices), default=list, blank=True
    )
    keep_instances = models.BooleanField(default=True)
    sealed_secret = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("scope", "scope_id"), name="deidentification_once_per_place"
            )
        ]

    def __str__(self) -> str:
        return f"De-identification of {self.scope} {self.scope_id}"
