"""The container image: an uploaded archive and what is known of it."""

from django.conf import settings
from django.db import models

from app.execution.contract.serving import labels_serve
from app.execution.models.checked_upload import CheckedUpload


class ContainerImage(CheckedUpload):
    """A ``docker save`` archive. ``digest`` is that of the image's configuration, which fixes every
    layer; ``manifest`` is the checked record of `app.execution.contract.ImageManifest`.
    ``serves`` is what an editor says of the way it is called, against what its label says.
    """

    class Kind(models.TextChoices):
        ALGORITHM = "ALGORITHM", "Algorithm"
        METHOD = "METHOD", "Evaluation method"

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="container_images"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    manifest = models.JSONField(default=dict)
    serves = models.BooleanField(null=True, blank=True)

    @property
    def stays_up(self) -> bool:
        """Tell whether its container stays up and is called for each case, instead of ending."""
        if self.serves is not None:
            return self.serves
        return labels_serve(self.manifest.get("labels") or {})
