"""What a person should know."""

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel


class Notification(UUIDModel, TimestampedModel):
    """One message in a person's inbox, with the page it is about."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created",)
        indexes = [models.Index(fields=("user", "read_at"))]

    def __str__(self) -> str:
        return self.text
