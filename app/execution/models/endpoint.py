"""The endpoint: a container that stays warm for one person, to be called again and again."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine
from app.execution.models.job import Job


class Endpoint(UUIDModel, TimestampedModel):
    """What one person keeps warm, and until when.

    The container itself is ``job``, whose kind is `KIND`: it waits for a worker, is leased, logged
    and taken back as every job is, and this row follows it. Calls are jobs whose ``endpoint`` is
    this row; nobody but the container takes them. Owner is whoever made the job.
    """

    KIND = "endpoint"

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Waiting"
        STARTING = "STARTING", "Starting"
        RUNNING = "RUNNING", "Running"
        STOPPING = "STOPPING", "Stopping"
        STOPPED = "STOPPED", "Stopped"
        FAILED = "FAILED", "Failed"

    _ENDED = (State.STOPPED, State.FAILED)
    MACHINE = StateMachine.of(
        {
            State.QUEUED: (State.STARTING, *_ENDED),
            State.STARTING: (State.RUNNING, State.QUEUED, State.STOPPING, *_ENDED),
            State.RUNNING: (State.QUEUED, State.STOPPING, *_ENDED),
            State.STOPPING: _ENDED,
        },
        states=State,
    )
    LIVE = (State.QUEUED, State.STARTING, State.RUNNING)
    """Takes calls, or will."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="kept_warm")
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.QUEUED, db_index=True
    )
    idle_seconds = models.PositiveIntegerField()
    keep_alive_until = models.DateTimeField(null=True, blank=True)
    cases = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"Endpoint {self.pk}"

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.state in self.MACHINE.final

    @property
    def is_live(self) -> bool:
        """Tell whether it takes calls."""
        return self.state in self.LIVE

    @property
    def remaining(self) -> timedelta:
        """How long it stays when nobody calls it; in full until it has started."""
        if self.state in (self.State.QUEUED, self.State.STARTING):
            return timedelta(seconds=self.idle_seconds)
        if self.state != self.State.RUNNING or self.keep_alive_until is None:
            return timedelta()
        return max(self.keep_alive_until - timezone.now(), timedelta())

    @property
    def owner_id(self) -> int | None:
        """Whose it is."""
        return self.job.creator_id
