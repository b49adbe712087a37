"""The proposal: somebody who may not make challenges asks for one."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models

from app.challenges.models.challenge import Challenge
from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine

MOST_WORDS = 4000  # characters of each answer


class ChallengeProposal(UUIDModel, TimestampedModel):
    """A challenge that a person wants to organize, for the portal's staff to decide on.

    ``challenge`` is what was made of an accepted one; ``reason`` is what the person was told.
    """

    class State(models.TextChoices):
        PENDING = "PENDING", "Waiting for a decision"
        ACCEPTED = "ACCEPTED", "Accepted"
        DECLINED = "DECLINED", "Declined"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    MACHINE = StateMachine.of(
        {State.PENDING: (State.ACCEPTED, State.DECLINED, State.WITHDRAWN)}, states=State
    )

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="challenge_proposals"
    )
    title = models.CharField(max_length=200)
    task = models.TextField(
        "what is asked",
        max_length=MOST_WORDS,
        help_text="What algorithms are to do, and how they are compared.",
    )
    purpose = models.TextField(
        "why", max_length=MOST_WORDS, help_text="Who gains what when it is solved."
    )
    submissions = models.PositiveIntegerField(
        "expected submissions", validators=[MaxValueValidator(1_000_000)]
    )
    data = models.TextField(
        max_length=MOST_WORDS,
        help_text="How many cases of what kind, where they come from, and who may use them.",
    )
    compute = models.TextField(
        "computing time",
        max_length=MOST_WORDS,
        help_text="Memory, GPUs and minutes for a case, and who pays for them.",
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    challenge = models.ForeignKey(
        Challenge, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Tell whether nobody has decided yet."""
        return self.state == self.State.PENDING
