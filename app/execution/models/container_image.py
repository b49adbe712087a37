"""The container image: an uploaded archive and what is known of it."""

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class ContainerImage(UUIDModel, TimestampedModel):
    """A ``docker save`` archive. ``digest`` identifies its content; ``manifest`` is the checked
    record of `app.execution.contract.ImageManifest`.
    """

    class Kind(models.TextChoices):
        ALGORITHM = "ALGORITHM", "Algorithm"
        METHOD = "METHOD", "Evaluation method"

    class State(models.TextChoices):
        UPLOADED = "UPLOADED", "Uploaded"
        VALIDATING = "VALIDATING", "Being checked"
        READY = "READY", "Ready"
        INVALID = "INVALID", "Refused"
        RETIRED = "RETIRED", "Retired"

    MACHINE = StateMachine.of(
        {
            State.UPLOADED: (State.VALIDATING,),
            State.VALIDATING: (State.READY, State.INVALID, State.UPLOADED),
            State.READY: (State.RETIRED,),
        },
        states=State,
    )

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="container_images"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    filename = models.CharField(max_length=255)
    key = models.CharField(max_length=200, unique=True)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=71, blank=True, db_index=True)
    manifest = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    reason_code = models.CharField(max_length=60, blank=True)
    advice = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.filename
