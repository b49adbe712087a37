"""What a person should know."""

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.notifications.kinds import title_of


class Notification(UUIDModel, TimestampedModel):
    """One message in a person's inbox, with the page it is about.

    ``mailed_at`` is when it was mailed, alone or in a digest: no message is mailed twice.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created",)
        indexes = [models.Index(fields=("user", "read_at"))]

    def __str__(self) -> str:
        return self.text

    @property
    def kind_title(self) -> str:
        """Its kind in words."""
        return title_of(self.kind)
