"""The DICOM instance that an image came from, where it is kept."""

from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.images.models.image import Image


class ImageInstance(UUIDModel, TimestampedModel):
    """One stored DICOM file of an image set, as its sender stripped and sent it."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="instances")
    sop_instance_uid = models.CharField(max_length=64)
    key = models.CharField(max_length=200, unique=True)
    size = models.BigIntegerField()

    class Meta:
        ordering = ("created",)
        constraints = [
            models.UniqueConstraint(
                fields=("image", "sop_instance_uid"), name="instance_once_per_image"
            )
        ]

    def __str__(self) -> str:
        return self.sop_instance_uid
