"""How images hang: the protocol, what is viewed by it, and how a reader left the screen."""

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from app.core.models import TimestampedModel, UUIDModel
from viewer.hanging import svg_icon
from viewer.models.settings import ViewerConfiguration


class HangingProtocol(UUIDModel, TimestampedModel):
    """Viewports on a screen, in the JSON of the public API (`viewer.hanging.schema`).

    It is a vocabulary that everybody reads; whoever made it changes it.
    """

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=220, unique=True)
    description = models.TextField(blank=True)
    json = models.JSONField()
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="hanging_protocols",
    )

    class Meta:
        ordering = ("title", "created")

    def __str__(self) -> str:
        return self.title

    @property
    def svg_icon(self) -> str:
        """The viewports as a small picture."""
        return svg_icon(self.json)

    def get_absolute_url(self) -> str:
        """Return the protocol's page."""
        return reverse("viewer:protocol", args=[self.pk])


class Viewable(models.Model):
    """Adds how the cases of an object hang, and how the viewer behaves for them.

    ``view_content`` says which sockets lie in the viewports of ``hanging_protocol``; where it is
    empty, images are dealt out in order. Readers may choose one of the alternatives.
    """

    hanging_protocol = models.ForeignKey(
        HangingProtocol, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    optional_hanging_protocols = models.ManyToManyField(
        HangingProtocol, blank=True, related_name="+"
    )
    view_content: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    viewer_configuration = models.ForeignKey(
        ViewerConfiguration, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True


class RememberedLayout(TimestampedModel):
    """How one person left the screen for the cases of one object, such as an archive."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="viewer_layouts"
    )
    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    layout = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("user", "kind", "object_id"), name="remembered_layout_once"
            )
        ]

    def __str__(self) -> str:
        return f"Layout for the {self.kind} {self.object_id}"
