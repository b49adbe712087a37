"""The archive and the roles people hold on it."""

from django.db import models

from app.accounts.models import Membership
from app.core.models import TimestampedModel, UUIDModel
from app.requests.models import AccessRequest, Askable
from viewer.models import Viewable


class Archive(Viewable, Askable, UUIDModel, TimestampedModel):
    """A curated set of cases."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    public = models.BooleanField(
        default=False, help_text="Every signed-in person may look at the cases."
    )

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title


class ArchiveMember(Membership):
    """One person's role on one archive."""

    class Role(models.TextChoices):
        EDITOR = "EDITOR", "Editor"
        UPLOADER = "UPLOADER", "Uploader"
        USER = "USER", "User"

    target = models.ForeignKey(Archive, on_delete=models.CASCADE, related_name="memberships")


class ArchiveRequest(AccessRequest):
    """One person's wish for a role on one archive."""

    ROLES = ArchiveMember.Role

    target = models.ForeignKey(Archive, on_delete=models.CASCADE, related_name="access_requests")
