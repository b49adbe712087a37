"""The submission: one algorithm version handed in to one phase."""

from django.conf import settings
from django.db import models

from algorithms.models import AlgorithmVersion
from app.challenges.models.phase import Phase
from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class Submission(UUIDModel, TimestampedModel):
    """Taken or refused at once; an accepted one is evaluated."""

    class State(models.TextChoices):
        RECEIVED = "RECEIVED", "Received"
        ACCEPTED = "ACCEPTED", "Accepted"
        REFUSED = "REFUSED", "Refused"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    MACHINE = StateMachine.of(
        {
            State.RECEIVED: (State.ACCEPTED, State.REFUSED),
            State.ACCEPTED: (State.WITHDRAWN,),
        },
        states=State,
    )

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="submissions")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions"
    )
    version = models.ForeignKey(
        AlgorithmVersion, on_delete=models.PROTECT, related_name="submissions"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    comment = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.version} by {self.creator}"
