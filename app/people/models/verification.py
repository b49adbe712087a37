"""The verification: from an institutional address to a person whose institution is known."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class Verification(UUIDModel, TimestampedModel):
    """One request to be verified; the person is verified while it is accepted.

    ``reason`` is what the reviewer told the person. The address is unproven while it awaits
    confirmation, so only confirmed ones keep others from using it.
    """

    class State(models.TextChoices):
        AWAITING_CONFIRMATION = "AWAITING_CONFIRMATION", "Waiting for the link to be opened"
        PENDING_REVIEW = "PENDING_REVIEW", "Waiting for review"
        ACCEPTED = "ACCEPTED", "Accepted"
        REJECTED = "REJECTED", "Not accepted"
        REVOKED = "REVOKED", "Revoked"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"
        EXPIRED = "EXPIRED", "Expired"

    MACHINE = StateMachine.of(
        {
            State.AWAITING_CONFIRMATION: (State.PENDING_REVIEW, State.WITHDRAWN, State.EXPIRED),
            State.PENDING_REVIEW: (State.ACCEPTED, State.REJECTED, State.WITHDRAWN),
            State.ACCEPTED: (State.REVOKED,),
        },
        states=State,
    )
    OPEN = (State.AWAITING_CONFIRMATION, State.PENDING_REVIEW)
    LIVE = (*OPEN, State.ACCEPTED)
    PROVEN = (State.PENDING_REVIEW, State.ACCEPTED)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="verifications"
    )
    email = models.EmailField("institutional e-mail address")
    state = models.CharField(
        max_length=22, choices=State.choices, default=State.AWAITING_CONFIRMATION, db_index=True
    )
    reason = models.CharField(max_length=500, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created",)
        constraints = [
            models.UniqueConstraint(
                fields=("user",),
                condition=models.Q(
                    state__in=("AWAITING_CONFIRMATION", "PENDING_REVIEW", "ACCEPTED")
                ),
                name="verification_one_live_per_user",
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(state__in=("PENDING_REVIEW", "ACCEPTED")),
                name="verification_address_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Verification of {self.user}"
