"""How the viewer behaves: for a study, and for a person."""

from typing import Any

from django.conf import settings as portal
from django.db import models
from django.urls import reverse

from app.core.models import TimestampedModel, UUIDModel


class ViewerConfiguration(UUIDModel, TimestampedModel):
    """Settings of the viewer under a name, for archives, algorithms, phases and reader studies.

    ``settings`` holds what differs from the usual (`viewer.configurations`). Everybody reads it,
    whoever made it changes it.
    """

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=220, unique=True)
    description = models.TextField(blank=True)
    settings: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    creator = models.ForeignKey(
        portal.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="viewer_configurations",
    )

    class Meta:
        ordering = ("title", "created")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the configuration's page."""
        return reverse("viewer:configuration", args=[self.pk])


class ViewerPreferences(TimestampedModel):
    """One person's own settings; they go before those of a study."""

    user = models.OneToOneField(
        portal.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="viewer_preferences",
    )
    settings: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "viewer preferences"

    def __str__(self) -> str:
        return f"Viewer preferences of {self.user_id}"
