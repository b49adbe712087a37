"""The audit event, the seal over it, and how far the sealer came."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models


class Event(models.Model):
    """One thing that happened. Rows are only ever added; the database refuses anything else."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    name = models.CharField(max_length=100)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
    )
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    address = models.CharField(max_length=45, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=("object_type", "object_id", "id")),
            models.Index(fields=("name", "id"), name="audit_event_by_name"),
            models.Index(fields=("actor", "id"), name="audit_event_by_actor"),
            models.Index(
                fields=("request_id",),
                name="audit_event_by_request",
                condition=models.Q(request_id__gt=""),
            ),
            models.Index(
                fields=("address", "id"),
                name="audit_event_by_address",
                condition=models.Q(address__gt=""),
            ),
            BrinIndex(fields=("at",), name="audit_event_by_time", pages_per_range=16),
        ]
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.name} {self.object_type} {self.object_id}"


class Seal(models.Model):
    """One link of the chain: the hash over the seal before and over the event.

    No foreign key: an event that is taken away must not take its seal along.
    """

    event_id = models.BigIntegerField(primary_key=True)
    position = models.BigIntegerField(unique=True)
    hash = models.BinaryField(max_length=32)

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return f"Seal {self.position} of event {self.event_id}"


class SealProgress(models.Model):
    """How far the sealer came: one row, and nothing that the check relies on.

    Every event up to ``settled`` is committed or will never be. The same holds for ``fence_id``
    once all transactions in ``fence_holders`` have ended.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    settled = models.BigIntegerField(default=0)
    fence_id = models.BigIntegerField(default=0)
    fence_holders = models.JSONField(default=list)
    head_key = models.CharField(max_length=200, blank=True)
    head_position = models.BigIntegerField(default=0)
    headed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Settled up to event {self.settled}"
