"""What a person may ask about their own data: a copy of it, and its end."""

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class PersonalExport(UUIDModel, TimestampedModel):
    """A ZIP of everything that the portal holds of a person; kept for a week, theirs alone."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Being made"
        READY = "READY", "Ready"
        FAILED = "FAILED", "Failed"
        REMOVED = "REMOVED", "Removed"

    MACHINE = StateMachine.of(
        {State.QUEUED: (State.READY, State.FAILED), State.READY: (State.REMOVED,)}, states=State
    )

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="personal_exports"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created",)
        verbose_name = "export"
        indexes = [models.Index(fields=("state", "modified"), name="personal_export_due")]
        constraints = [
            models.UniqueConstraint(
                fields=("user",),
                condition=models.Q(state="QUEUED"),
                name="export_one_in_the_making",
            )
        ]

    def __str__(self) -> str:
        return f"Export {self.pk}"

    @property
    def key(self) -> str:
        """The storage key; made of the identifier alone."""
        return f"exports/{self.pk}.zip"

    @property
    def filename(self) -> str:
        """What the file is called when it is saved."""
        return f"hounsfield-{self.created:%Y-%m-%d}.zip"


class Deletion(UUIDModel, TimestampedModel):
    """A person's wish to delete their account, carried out after a time to think it over."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", "Requested"
        CANCELLED = "CANCELLED", "Cancelled"
        DONE = "DONE", "Done"

    MACHINE = StateMachine.of({State.REQUESTED: (State.CANCELLED, State.DONE)}, states=State)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deletions"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.REQUESTED)
    due_at = models.DateTimeField()
    held_up = models.BooleanField(
        default=False, help_text="It was due, but the person alone is in charge of something."
    )

    class Meta:
        ordering = ("-created",)
        indexes = [models.Index(fields=("state", "due_at"), name="deletion_due")]
        constraints = [
            models.UniqueConstraint(
                fields=("user",),
                condition=models.Q(state="REQUESTED"),
                name="deletion_one_under_way",
            )
        ]

    def __str__(self) -> str:
        return f"Deletion of {self.user}"
