"""Answers: those of readers, and the reference standard that editors enter."""

from typing import Any

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.images.models import Image
from reader_studies.answer_types import AnswerType
from reader_studies.models.display_set import DisplaySet
from reader_studies.models.question import Question


class AnswerManager(models.Manager["Answer"]):
    """Finds the answers of readers alone; it is the default, so that nothing counts the others."""

    def get_queryset(self) -> models.QuerySet["Answer"]:
        """Return the answers that readers gave."""
        return super().get_queryset().filter(is_reference=False)


class ReferenceManager(models.Manager["Answer"]):
    """Finds the reference standard."""

    def get_queryset(self) -> models.QuerySet["Answer"]:
        """Return what editors entered as the reference standard."""
        return super().get_queryset().filter(is_reference=True)


class Answer(UUIDModel, TimestampedModel):
    """The answer to one question about one display set, of one reader or of the reference standard.

    ``value`` is of the question's type; a mask is in ``image``, and ``value`` then names the
    annotation that it was painted as. Without either, the reader
    confirmed that there is nothing to answer. ``version`` counts its changes: whoever changes an
    answer says which version they saw; ``writer`` names the window that did. ``reader`` is who
    gave it; of the reference standard, who entered it last. ``score`` compares it with the
    reference, where equality says something.
    """

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="answers")
    display_set = models.ForeignKey(DisplaySet, on_delete=models.CASCADE, related_name="answers")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers"
    )
    value = models.JSONField(null=True)
    image = models.ForeignKey(
        Image, on_delete=models.PROTECT, null=True, blank=True, related_name="answers"
    )
    version = models.PositiveIntegerField(default=1)
    writer = models.CharField(max_length=40, blank=True)
    is_reference = models.BooleanField(default=False)
    explanation = models.TextField(blank=True, max_length=2000)
    score = models.FloatField(null=True, blank=True)
    last_edit_duration = models.DurationField(null=True, blank=True)
    total_edit_duration = models.DurationField(null=True, blank=True)

    objects = AnswerManager()
    references = ReferenceManager()
    everything = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("question", "display_set", "reader"),
                condition=models.Q(is_reference=False),
                name="answer_one_per_reader",
            ),
            models.UniqueConstraint(
                fields=("question", "display_set"),
                condition=models.Q(is_reference=True),
                name="answer_one_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reader} on {self.display_set}: {self.value}"

    @property
    def content(self) -> Any:
        """What was answered in its stored form; a mask by its image, ``None`` if nothing was."""
        return {"image": str(self.image_id)} if self.image_id is not None else self.value

    @property
    def editable_content(self) -> Any:
        """What an answer goes on from: a mask from where it was painted."""
        if isinstance(self.value, dict) and "mask" in self.value:
            return {"mask": self.value["mask"]}
        return self.content

    @property
    def answer_type(self) -> AnswerType:
        """The type of its question."""
        return self.question.answer_type
