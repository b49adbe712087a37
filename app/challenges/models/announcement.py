"""What organizers tell everybody who takes part."""

from django.conf import settings
from django.db import models

from app.challenges.models.challenge import Challenge
from app.core.models import TimestampedModel, UUIDModel


class Announcement(UUIDModel, TimestampedModel):
    """A message on the challenge's page, told once to each member; it stays as it was sent.

    ``told_at`` is when everybody had been told; until then that is still to be done.
    """

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="announcements")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    text = models.TextField(
        max_length=10_000, help_text="Markdown: **bold**, [text](https://…), lists."
    )
    told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.title
