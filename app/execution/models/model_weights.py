"""Model weights: an archive of files that a container finds at `/opt/ml/model`."""

from django.conf import settings
from django.db import models

from app.execution.models.checked_upload import CheckedUpload


class ModelWeights(CheckedUpload):
    """A ``.tar.gz`` with trained weights. ``digest`` is that of the file itself."""

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="model_weights"
    )
    unpacked_bytes = models.BigIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)

    class Meta(CheckedUpload.Meta):
        abstract = False
        verbose_name_plural = "model weights"
