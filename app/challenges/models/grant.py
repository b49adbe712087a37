"""Grants: more submissions for one entrant, given by an organizer."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from app.challenges.models.entrant import Entrant
from app.challenges.models.phase import Phase
from app.core.models import TimestampedModel, UUIDModel


class Grant(UUIDModel, TimestampedModel):
    """Extra submissions in one phase, of every limit, for the limit's days from now on."""

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="grants")
    entrant = models.ForeignKey(Entrant, on_delete=models.CASCADE, related_name="grants")
    amount = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    reason = models.CharField(max_length=300)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.amount} more for {self.entrant}"
