"""The entrant: whoever takes part as one, a person alone or a team."""

from django.conf import settings
from django.db import models

from app.challenges.models.challenge import Challenge
from app.challenges.models.team import Team
from app.core.models import TimestampedModel, UUIDModel


class Entrant(UUIDModel, TimestampedModel):
    """What limits, ranks and best results count for: exactly one of ``person`` and ``team``.

    Organizers say which one is a ``baseline``: it is ranked, and marked as such.
    """

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="entrants")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="entrants",
    )
    team = models.OneToOneField(
        Team, on_delete=models.RESTRICT, null=True, blank=True, related_name="entrant"
    )
    baseline = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("challenge", "person"),
                condition=models.Q(person__isnull=False),
                name="entrant_person_once",
            ),
            models.CheckConstraint(
                condition=models.Q(person__isnull=True, team__isnull=False)
                | models.Q(person__isnull=False, team__isnull=True),
                name="entrant_person_or_team",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name on the leaderboard."""
        if self.team is not None:
            return self.team.title
        return self.person.display_name if self.person is not None else "–"
