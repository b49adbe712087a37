"""Stages: how far a version of an algorithm, or of its model weights, is on its way to users."""

from django.conf import settings
from django.db import models

from app.core.states import StateMachine


class Stage(models.TextChoices):
    """Where a version stands. One version at most is in production; editors decide."""

    DEVELOPMENT = "DEVELOPMENT", "Development"
    STAGING = "STAGING", "Staging"
    PRODUCTION = "PRODUCTION", "Production"
    RETIRED = "RETIRED", "Retired"


class Staged(models.Model):
    """A numbered version with a stage, and who approved it last. Every move is a `StageChange`."""

    STAGES = StateMachine.of(
        {
            Stage.DEVELOPMENT: (Stage.STAGING, Stage.PRODUCTION, Stage.RETIRED),
            Stage.STAGING: (Stage.DEVELOPMENT, Stage.PRODUCTION, Stage.RETIRED),
            Stage.PRODUCTION: (Stage.STAGING, Stage.RETIRED),
            Stage.RETIRED: (Stage.DEVELOPMENT,),
        },
        states=Stage,
    )

    number = models.PositiveIntegerField()
    comment = models.CharField(max_length=300, blank=True)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.DEVELOPMENT)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ("-number",)
