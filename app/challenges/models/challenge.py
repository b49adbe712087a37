"""The challenge and the roles people hold on it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from app.accounts.models import Membership
from app.challenges.schedule import Status, challenge_status
from app.core.models import TimestampedModel, UUIDModel
from app.core.pictures import picture_url
from app.requests.models import AccessRequest, Askable


class Challenge(Askable, UUIDModel, TimestampedModel):
    """A clinical question that algorithms compete on, in one or more phases.

    ``logo`` and ``banner`` identify stored pictures (see `app.core.pictures`); what they show is
    said in words beside them.
    """

    title = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(blank=True)
    public = models.BooleanField(default=False, help_text="Every signed-in person may see it.")
    team_size = models.PositiveSmallIntegerField(
        "people in a team",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="At most; with 1 everybody takes part alone.",
    )
    logo = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    logo_alt = models.CharField("what the logo shows", max_length=200, blank=True)
    banner = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    banner_alt = models.CharField("what the banner shows", max_length=200, blank=True)

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    @property
    def status(self) -> Status:
        """What its phases make of it now; they should be prefetched."""
        return challenge_status(phase.status for phase in self.phases.all())

    @property
    def logo_url(self) -> str:
        """A signed address of the logo for pages of whoever sees the challenge, or nothing."""
        return picture_url(self.logo) if self.logo else ""

    @property
    def banner_url(self) -> str:
        """A signed address of the banner for pages of whoever sees the challenge, or nothing."""
        return picture_url(self.banner) if self.banner else ""


class ChallengeMember(Membership):
    """One person's role in one challenge."""

    class Role(models.TextChoices):
        ADMIN = "ADMIN", "Administrator"
        EVALUATOR = "EVALUATOR", "External evaluator"
        PARTICIPANT = "PARTICIPANT", "Participant"

    target = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="memberships")


class ChallengeRequest(AccessRequest):
    """One person's wish for a role on one challenge."""

    ROLES = ChallengeMember.Role

    target = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="access_requests")
    answers = models.JSONField(default=list, blank=True, editable=False)
    """To the questions of registration: ``[{"key", "question", "answer"}]``."""
