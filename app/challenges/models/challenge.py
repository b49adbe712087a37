"""The challenge and the roles people hold on it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from app.accounts.models import Membership
from app.challenges.schedule import Status, challenge_status
from app.core.models import TimestampedModel, UUIDModel
from app.requests.models import AccessRequest, Askable


class Challenge(Askable, UUIDModel, TimestampedModel):
    """A clinical question that algorithms compete on, in one or more phases."""

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

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    @property
    def status(self) -> Status:
        """What its phases make of it now; they should be prefetched."""
        return challenge_status(phase.status for phase in self.phases.all())


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
