"""Teams: people who take part together, and who asked whom to join."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from app.challenges.models.challenge import Challenge
from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class Team(UUIDModel, TimestampedModel):
    """Some participants of one challenge who submit, are limited and are ranked as one.

    A team whose last member left is dissolved; what it handed in stays under its name.
    """

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="teams")
    title = models.CharField("name", max_length=60)
    captain = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="captain_of"
    )
    dissolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("title",)
        constraints = [models.UniqueConstraint("challenge", Lower("title"), name="team_title_once")]

    def __str__(self) -> str:
        return self.title


class TeamMember(UUIDModel, TimestampedModel):
    """One person in a team; ``challenge`` is the team's, for one team per person and challenge."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="teams"
    )

    class Meta:
        ordering = ("created",)
        constraints = [
            models.UniqueConstraint(fields=("challenge", "user"), name="one_team_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class TeamInvitation(UUIDModel, TimestampedModel):
    """A captain's wish that a participant joins; only the invited person can make it true."""

    class State(models.TextChoices):
        PENDING = "PENDING", "Waiting for an answer"
        ACCEPTED = "ACCEPTED", "Accepted"
        DECLINED = "DECLINED", "Declined"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    MACHINE = StateMachine.of(
        {State.PENDING: (State.ACCEPTED, State.DECLINED, State.WITHDRAWN)}, states=State
    )

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="team_invitations"
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)

    class Meta:
        ordering = ("created",)
        constraints = [
            models.UniqueConstraint(
                fields=("team", "user"),
                condition=models.Q(state="PENDING"),
                name="one_open_invitation",
            )
        ]

    def __str__(self) -> str:
        return f"Invitation to {self.team}"
