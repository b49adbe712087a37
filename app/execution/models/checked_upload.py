"""What container images and model weights share: an uploaded archive that is checked before use."""

from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class CheckedUpload(UUIDModel, TimestampedModel):
    """An archive in storage under ``key``, its checks, and whether its bytes are still there.

    Several rows may share one ``key``: the same content is stored once. ``digest`` identifies the
    content and outlives it: a retired row has given its storage back (``reclaimed_at``), and the
    same content uploaded again makes it ready. ``checked_bytes`` and ``checking`` tell how far a
    check under way is.
    """

    class State(models.TextChoices):
        UPLOADED = "UPLOADED", "Uploaded"
        VALIDATING = "VALIDATING", "Being checked"
        READY = "READY", "Ready"
        INVALID = "INVALID", "Refused"
        RETIRED = "RETIRED", "Retired"

    MACHINE = StateMachine.of(
        {
            State.UPLOADED: (State.VALIDATING,),
            State.VALIDATING: (State.READY, State.INVALID, State.UPLOADED, State.RETIRED),
            State.READY: (State.RETIRED,),
            State.RETIRED: (State.UPLOADED,),
        },
        states=State,
    )
    SETTLED = frozenset({State.READY, State.INVALID, State.RETIRED})

    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    filename = models.CharField(max_length=255)
    key = models.CharField(max_length=200, db_index=True)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=71, blank=True, db_index=True)
    reason = models.TextField(blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    advice = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    checked_bytes = models.BigIntegerField(default=0)
    checking = models.CharField(max_length=120, blank=True)
    reclaimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.filename

    @property
    def is_ready(self) -> bool:
        """Tell whether it passed its checks and is there."""
        return self.state == self.State.READY

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing more will happen to it by itself."""
        return self.state in self.SETTLED
