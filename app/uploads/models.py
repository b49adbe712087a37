"""A file on its way in."""

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class UserUpload(UUIDModel, TimestampedModel):
    """One file that a user sends in parts, until an application takes it over.

    ``filename`` is what the sender called it: text to show, never part of a path or a key. ``size``
    counts toward the owner's quota: announced or stored bytes while open, the real size when
    completed. ``multipart_id`` is the store's own name for the open upload.
    """

    class State(models.TextChoices):
        PENDING = "PENDING", "Pending"
        INITIALIZED = "INITIALIZED", "Initialized"
        COMPLETED = "COMPLETED", "Completed"
        ABORTED = "ABORTED", "Aborted"

    MACHINE = StateMachine.of(
        {
            State.PENDING: (State.INITIALIZED, State.ABORTED),
            State.INITIALIZED: (State.COMPLETED, State.ABORTED),
        },
        states=State,
    )

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads"
    )
    filename = models.CharField(max_length=255)
    size = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    multipart_id = models.CharField(max_length=512, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("created",)
        verbose_name = "upload"
        indexes = [
            models.Index(fields=("owner", "state")),
            models.Index(fields=("state", "modified")),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def key(self) -> str:
        """The storage key; made of the identifier alone."""
        return f"{PREFIX}{self.pk}"

    @property
    def is_open(self) -> bool:
        """Tell whether parts may still arrive."""
        return self.state == self.State.INITIALIZED


PREFIX = "uploads/"
LIVE = (UserUpload.State.PENDING, UserUpload.State.INITIALIZED, UserUpload.State.COMPLETED)
