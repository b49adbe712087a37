"""The user: a person who signs in."""

from urllib.parse import urlsplit

from django.contrib.auth.models import AbstractUser
from django.core.validators import URLValidator
from django.db import models
from django_countries.fields import CountryField

from app.core.pictures import picture_url

WEB_ADDRESS = URLValidator(schemes=["http", "https"])
"""What may stand as a link to elsewhere: no scripts, no files."""


class User(AbstractUser):
    """A person; the integer key is part of the public API's contract.

    ``picture`` identifies the stored picture (see `app.core.pictures`); a new picture gets a new
    identifier.
    """

    class MailPreference(models.TextChoices):
        INSTANT = "INSTANT", "At once"
        DAILY = "DAILY", "Once a day"
        OFF = "OFF", "Never"

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField("e-mail address", unique=True)
    institution = models.CharField(max_length=200, blank=True)
    department = models.CharField(max_length=200, blank=True)
    country = CountryField(blank=True)
    website = models.URLField(blank=True, validators=[WEB_ADDRESS])
    picture = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    mail_preference = models.CharField(
        "e-mail about your inbox",
        max_length=7,
        choices=MailPreference.choices,
        default=MailPreference.INSTANT,
    )
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)

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

    @property
    def picture_url(self) -> str:
        """A signed address of the picture for pages that show the person, or nothing."""
        return picture_url(self.picture) if self.picture else ""

    @property
    def website_host(self) -> str:
        """The website's host, to show as a link's text."""
        return urlsplit(self.website).hostname or ""

    @property
    def has_complete_profile(self) -> bool:
        """Tell whether everything is filled in that a review of the person needs."""
        needed = (self.first_name, self.last_name, self.institution, self.department, self.country)
        return all(needed)
