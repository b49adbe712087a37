"""The reading: one reader's time with one display set."""

from datetime import timedelta

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from reader_studies.models.display_set import DisplaySet


class Reading(UUIDModel, TimestampedModel):
    """How long a reader looked at a display set.

    ``spent`` is the time in which the page was in front and somebody was there, as the browser
    counts it and no more than went by; ``created`` is the first opening, ``modified`` the last
    sign of life, ``finished_at`` when the reader first said that they were done.
    """

    display_set = models.ForeignKey(DisplaySet, on_delete=models.CASCADE, related_name="readings")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="readings"
    )
    spent = models.DurationField(default=timedelta)
    openings = models.PositiveIntegerField(default=1)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("display_set", "reader"), name="reading_one_per_reader")
        ]

    def __str__(self) -> str:
        return f"{self.reader} on {self.display_set}"
