"""The API token: a named key that lets a program act for its owner, within limits."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from app.core.models import TimestampedModel, UUIDModel


class Token(UUIDModel, TimestampedModel):
    """What is kept of a token: never the token itself, only what recognizes it.

    ``lookup`` is its first eight characters, ``digest`` the SHA-256 of its bytes. A token without
    ``areas`` may go everywhere that its owner may.
    """

    class Access(models.TextChoices):
        READ = "READ", "Read only"
        WRITE = "WRITE", "Read and write"

    class Area(models.TextChoices):
        ARCHIVES = "archives", "Archives"
        IMAGES = "images", "Images"
        READER_STUDIES = "reader-studies", "Reader studies"
        ALGORITHMS = "algorithms", "Algorithms"
        CHALLENGES = "challenges", "Challenges"
        UPLOADS = "uploads", "Uploads"
        SOCKETS = "sockets", "Sockets"
        ACCOUNT = "account", "Account and inbox"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=100)
    lookup = models.CharField(max_length=8, db_index=True)
    digest = models.CharField(max_length=64, unique=True)
    access = models.CharField(max_length=5, choices=Access.choices, default=Access.READ)
    areas = ArrayField(
        models.CharField(max_length=20, choices=Area.choices), default=list, blank=True
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Tell whether it still opens anything."""
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.revoked_at is None and not expired

    @property
    def state_text(self) -> str:
        """Its state in one word."""
        if self.revoked_at is not None:
            return "Revoked"
        return "Active" if self.is_live else "Expired"

    @property
    def areas_text(self) -> str:
        """Where it may go, in words."""
        return ", ".join(self.Area(area).label for area in self.areas) or "Everything"

    def permits(self, *, area: str, writing: bool) -> bool:
        """Tell whether the token reaches ``area``; every token may read what sockets there are."""
        if writing and self.access != self.Access.WRITE:
            return False
        open_to_all = area == self.Area.SOCKETS and not writing
        return not self.areas or area in self.areas or open_to_all
