"""The container image: an uploaded archive and what is known of it."""

from django.conf import settings
from django.db import models

from app.execution.models.checked_upload import CheckedUpload


class ContainerImage(CheckedUpload):
    """A ``docker save`` archive. ``digest`` is that of the image's configuration, which fixes every
    layer; ``manifest`` is the checked record of `app.execution.contract.ImageManifest`.
    """

    class Kind(models.TextChoices):
        ALGORITHM = "ALGORITHM", "Algorithm"
        METHOD = "METHOD", "Evaluation method"

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="container_images"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    manifest = models.JSONField(default=dict)
