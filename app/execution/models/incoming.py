"""Results on their way in: sent by a worker, not yet read by us."""

from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.execution.models.job import Job


class IncomingOutput(UUIDModel, TimestampedModel):
    """One output of one run, in storage below ``incoming/`` until it is read or discarded.

    A small one is in ``content`` instead.

    ``size`` and ``sha256`` are what the worker says it sent; ``run_id`` tells the run that may
    still send it. ``multipart_id`` is empty once the object has been put together.
    """

    PREFIX = "incoming/"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="incoming")
    run_id = models.CharField(max_length=60)
    slug = models.CharField(max_length=200)
    filename = models.CharField(max_length=255)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    multipart_id = models.CharField(max_length=1024, blank=True)
    receipts = models.JSONField(default=list)
    content = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("run_id", "slug"), name="one_incoming_output_per_slot")
        ]

    def __str__(self) -> str:
        return f"{self.slug} of {self.run_id}"

    @property
    def key(self) -> str:
        """Return where its bytes are."""
        return f"{self.PREFIX}{self.pk}"
