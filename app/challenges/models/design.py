"""The declared design: every version that there was, and when a phase's opening froze it."""

from django.conf import settings
from django.db import models

from app.challenges.models.challenge import Challenge
from app.challenges.models.phase import Phase
from app.core.models import TimestampedModel, UUIDModel


class DesignVersion(UUIDModel, TimestampedModel):
    """One version of the design of a challenge, or of one of its phases.

    ``document`` is a checked design (`app.challenges.declaration`), ``digest`` the SHA-256 of its
    canonical JSON. An amendment was made after the opening and says why. Rows never change.
    """

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="designs")
    phase = models.ForeignKey(
        Phase, on_delete=models.CASCADE, null=True, blank=True, related_name="designs"
    )
    number = models.PositiveIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    amendment = models.BooleanField(default=False)
    reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(
                fields=("challenge", "phase", "number"),
                nulls_distinct=False,
                name="design_number_once",
            ),
            models.CheckConstraint(
                condition=models.Q(amendment=False) | ~models.Q(reason=""),
                name="design_amendment_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Design {self.number} of {self.phase or self.challenge}"


class DesignFreeze(UUIDModel, TimestampedModel):
    """A phase took submissions: its design, and the challenge's, are frozen since ``created``."""

    phase = models.OneToOneField(Phase, on_delete=models.CASCADE, related_name="design_freeze")

    class Meta:
        ordering = ("created",)

    def __str__(self) -> str:
        return f"Opening of {self.phase}"
