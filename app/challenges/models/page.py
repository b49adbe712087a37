"""Pages that organizers write about a challenge."""

from django.db import models

from app.challenges.models.challenge import Challenge
from app.core.models import TimestampedModel, UUIDModel

MOST_CHARACTERS = 50_000


class ChallengePage(UUIDModel, TimestampedModel):
    """One page in Markdown, for everybody who sees the challenge or for fewer."""

    class Visibility(models.TextChoices):
        EVERYBODY = "EVERYBODY", "Everybody who sees the challenge"
        PARTICIPANTS = "PARTICIPANTS", "Participants and organizers"
        ORGANIZERS = "ORGANIZERS", "Organizers alone"

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="pages")
    title = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80)
    content = models.TextField(
        max_length=MOST_CHARACTERS,
        help_text="Markdown: # heading, **bold**, [text](https://…), lists, tables.",
    )
    visibility = models.CharField(
        max_length=12, choices=Visibility.choices, default=Visibility.EVERYBODY
    )
    order = models.PositiveSmallIntegerField(
        default=0, help_text="Pages with smaller numbers come first."
    )

    class Meta:
        ordering = ("order", "created")
        constraints = [
            models.UniqueConstraint(fields=("challenge", "slug"), name="challenge_page_slug_once")
        ]

    def __str__(self) -> str:
        return self.title
