"""View sessions, and the making of slice packs."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine
from app.images.models import Image


class ViewSession(UUIDModel, TimestampedModel):
    """One user looks at one display set. Its socket lives as long as the lease.

    ``server`` names the viewer server that it was given to, nothing is the site itself. Tickets
    are counted: the one with number ``redeemed``, and all before it, open nothing any more.
    """

    class State(models.TextChoices):
        STARTING = "STARTING", "Starting"
        RUNNING = "RUNNING", "Running"
        STOPPED = "STOPPED", "Stopped"
        FAILED = "FAILED", "Failed"

    MACHINE = StateMachine.of(
        {
            State.STARTING: (State.RUNNING, State.STOPPED, State.FAILED),
            State.RUNNING: (State.STOPPED, State.FAILED),
        },
        states=State,
    )
    LIVE = (State.STARTING, State.RUNNING)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="view_sessions"
    )
    source = models.CharField(max_length=40)
    object_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.STARTING)
    message = models.TextField(blank=True)
    expires_at = models.DateTimeField(db_index=True)
    server = models.CharField(max_length=40, blank=True, db_index=True)
    region = models.CharField(max_length=40, blank=True)
    tickets = models.PositiveIntegerField(default=0)
    redeemed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-created",)
        constraints = [
            models.UniqueConstraint(
                fields=("user", "source", "object_id"),
                condition=models.Q(state__in=("STARTING", "RUNNING")),
                name="view_session_one_live",
            )
        ]

    def __str__(self) -> str:
        return f"View session {self.pk}"

    @property
    def is_live(self) -> bool:
        """Tell whether its socket may be open."""
        return self.state in self.LIVE and self.expires_at > timezone.now()


class ViewerProcess(models.Model):
    """A process that holds viewers' sockets, as it last said itself. One that is silent is dead."""

    id = models.UUIDField(primary_key=True)
    server = models.CharField(max_length=40, blank=True)
    version = models.CharField(max_length=40, blank=True)
    sockets = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("server", "started_at")

    def __str__(self) -> str:
        return f"Viewer process {self.pk}"


class SlicePack(TimestampedModel):
    """The making of one image's slice pack. The pack itself is an image file of kind SLICES."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Waiting"
        RUNNING = "RUNNING", "Being made"
        READY = "READY", "Ready"
        FAILED = "FAILED", "Failed"

    MACHINE = StateMachine.of(
        {
            State.QUEUED: (State.RUNNING, State.READY, State.FAILED),
            State.RUNNING: (State.READY, State.FAILED, State.QUEUED),
            State.READY: (State.QUEUED,),
            State.FAILED: (State.QUEUED, State.READY),
        },
        states=State,
    )

    image = models.OneToOneField(
        Image, on_delete=models.CASCADE, primary_key=True, related_name="slice_pack"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    message = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=("state", "modified"), name="slice_pack_due")]

    def __str__(self) -> str:
        return f"Slice pack of {self.image_id}"
