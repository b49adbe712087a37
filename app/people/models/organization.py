"""The organization and the roles people hold in it."""

from urllib.parse import urlsplit

from django.db import models
from django_countries.fields import CountryField

from app.accounts.models import Membership
from app.accounts.models.user import WEB_ADDRESS
from app.core.models import TimestampedModel, UUIDModel
from app.core.pictures import picture_url


class Organization(UUIDModel, TimestampedModel):
    """A hospital, university, company or society that people belong to.

    ``logo`` identifies the stored picture (see `app.core.pictures`).
    """

    title = models.CharField("name", max_length=200, unique=True)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    website = models.URLField(blank=True, validators=[WEB_ADDRESS])
    country = CountryField(blank=True)
    logo = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    @property
    def display_name(self) -> str:
        """The name, as avatars want it."""
        return self.title

    @property
    def picture_url(self) -> str:
        """A signed address of the logo for pages, or nothing."""
        return picture_url(self.logo) if self.logo else ""

    @property
    def website_host(self) -> str:
        """The website's host, to show as a link's text."""
        return urlsplit(self.website).hostname or ""


class OrganizationMember(Membership):
    """One person's role in one organization."""

    class Role(models.TextChoices):
        EDITOR = "EDITOR", "Editor"
        MEMBER = "MEMBER", "Member"

    target = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
