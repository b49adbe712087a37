"""The reader study and the roles people hold on it."""

from django.core.validators import MaxValueValidator
from django.db import models

from app.accounts.models import Membership
from app.core.models import TimestampedModel, UUIDModel
from app.requests.models import AccessRequest, Askable
from viewer.models import Viewable

MOST_ROLLED_OVER = 100


class ReaderStudy(Viewable, Askable, UUIDModel, TimestampedModel):
    """Display sets that readers look at, and questions that they answer about each."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    instructions = models.TextField(
        blank=True, help_text="Shown to every reader before the first case."
    )
    answers_may_change = models.BooleanField(
        default=True, help_text="Readers may go back and change an answer."
    )
    case_navigation = models.BooleanField(
        default=True,
        help_text="Readers go to any case they like; otherwise from one to the next.",
    )
    shuffle = models.BooleanField(
        default=False, help_text="Every reader gets the cases in an order of their own."
    )
    roll_over = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_ROLLED_OVER)],
        help_text="So many cases after each start with the answers to the one before. With 1,"
        " case 2 starts with those to case 1, and case 3 anew.",
    )
    end_text = models.TextField(
        blank=True, help_text="Shown to readers when they have answered everything."
    )

    class Meta:
        ordering = ("title",)
        verbose_name_plural = "reader studies"

    def __str__(self) -> str:
        return self.title


class ReaderStudyMember(Membership):
    """One person's role in one reader study."""

    class Role(models.TextChoices):
        EDITOR = "EDITOR", "Editor"
        READER = "READER", "Reader"

    target = models.ForeignKey(ReaderStudy, on_delete=models.CASCADE, related_name="memberships")


class ReaderStudyRequest(AccessRequest):
    """One person's wish for a role on one reader study."""

    ROLES = ReaderStudyMember.Role

    target = models.ForeignKey(
        ReaderStudy, on_delete=models.CASCADE, related_name="access_requests"
    )
