"""Images that wait for a person, because their pixels may show who the patient is."""

from typing import Any

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine
from app.images.models.image import Image
from app.images.models.imports import Import
from app.images.reviewing import reviewable_by


class QuarantineQuerySet(models.QuerySet["Quarantine"]):
    """Queries on what waits."""

    def reviewable_by(self, user: Any) -> "QuarantineQuerySet":
        """Return what ``user`` may review: reviewers of the place, and administrators."""
        if not user.is_authenticated:
            return self.none()
        return self if user.is_superuser else self.filter(reviewable_by(user))

    def open(self) -> "QuarantineQuerySet":
        """Return what is not decided yet."""
        return self.exclude(state__in=Quarantine.MACHINE.final)

    def of(self, scope: str, scope_id: Any) -> "QuarantineQuerySet":
        """Return what belongs to one place."""
        return self.filter(scope=scope, scope_id=scope_id)


class Quarantine(UUIDModel, TimestampedModel):
    """One image held back, and what became of it.

    The image is stored, but no manager of images finds it while it waits (`Image.objects`), and
    nothing refers to it: its destination receives it when it is accepted.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Waits for review"
        MASKING = "MASKING", "Being masked"
        ACCEPTED = "ACCEPTED", "Accepted"
        REJECTED = "REJECTED", "Rejected"

    class Reason(models.TextChoices):
        BURNED_IN = "BurnedInAnnotation", "The file says that text is burned into its pixels."
        SECONDARY = "SecondaryCapture", "It is a secondary capture, which often shows text."
        ULTRASOUND = (
            "Ultrasound",
            "It is an ultrasound image, which often shows the patient's name.",
        )
        SCREEN = "ScreenSave", "It is a saved screen, which often shows the patient's name."

    MACHINE = StateMachine.of(
        {
            State.WAITING: (State.MASKING, State.ACCEPTED, State.REJECTED),
            State.MASKING: (State.WAITING,),
        },
        states=State,
    )

    image = models.OneToOneField(
        Image, on_delete=models.CASCADE, null=True, related_name="quarantine"
    )
    source = models.ForeignKey(
        Import, on_delete=models.SET_NULL, null=True, related_name="quarantined"
    )
    scope = models.CharField(max_length=40)
    scope_id = models.UUIDField()
    series = models.CharField(max_length=64, blank=True, help_text="Hashed Series Instance UID.")
    cause = models.CharField(max_length=40, choices=Reason.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    rectangles = models.JSONField(
        default=list, blank=True, help_text="Masked: x, y, width, height."
    )
    wanted = models.JSONField(default=list, blank=True, help_text="To be masked.")
    problem = models.TextField(blank=True, help_text="Why the last masking failed.")
    note = models.TextField(blank=True, help_text="Why it was rejected.")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = QuarantineQuerySet.as_manager()

    class Meta:
        ordering = ("created",)
        indexes = [models.Index(fields=("scope", "scope_id", "state"), name="quarantine_queue")]

    def __str__(self) -> str:
        return f"Quarantined image {str(self.pk)[:13]}"

    @property
    def is_decided(self) -> bool:
        """Tell whether it waits no longer."""
        return self.state in self.MACHINE.final
