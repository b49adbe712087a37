"""The audit event."""

from django.conf import settings
from django.db import models


class Event(models.Model):
    """One thing that happened. Rows are only ever added; the database refuses anything else."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    name = models.CharField(max_length=100, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, null=True, db_constraint=False
    )
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    address = models.CharField(max_length=45, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=("object_type", "object_id", "id"))]
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} {self.object_type} {self.object_id}"
