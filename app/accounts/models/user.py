"""The user: a person who signs in."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person; the integer key is part of the public API's contract."""

    class MailPreference(models.TextChoices):
        INSTANT = "INSTANT", "At once"
        DAILY = "DAILY", "Once a day"
        OFF = "OFF", "Never"

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField("e-mail address", unique=True)
    institution = models.CharField(max_length=200, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    mail_preference = models.CharField(
        "e-mail about news",
        max_length=7,
        choices=MailPreference.choices,
        default=MailPreference.INSTANT,
    )

    class Meta:
        ordering = ("username",)

    @property
    def is_verified(self) -> bool:
        """Tell whether the institution behind the person was looked at and accepted."""
        return self.verified_at is not None

    @property
    def display_name(self) -> str:
        """The name to show to other people."""
        return self.get_full_name() or self.username
