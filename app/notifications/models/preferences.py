"""How a person wants to hear of news; when they hear at all, the user's own preference says."""

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel


class KindChoice(UUIDModel, TimestampedModel):
    """Whether one person wants one kind of news by e-mail; without a row they do."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="kind_choices"
    )
    kind = models.CharField(max_length=60)
    mail = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("user", "kind"), name="kindchoice_one_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {'e-mail' if self.mail else 'inbox only'}"


class Digest(models.Model):
    """Until when a person's daily summaries have been made."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="digest"
    )
    made_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user}: {self.made_until}"
