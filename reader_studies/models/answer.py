"""The answer of one reader to one question about one display set."""

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from reader_studies.models.display_set import DisplaySet
from reader_studies.models.question import Question


class Answer(UUIDModel, TimestampedModel):
    """``value`` is a string, a number, an option's id or a boolean, by the question's kind."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="answers")
    display_set = models.ForeignKey(DisplaySet, on_delete=models.CASCADE, related_name="answers")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers"
    )
    value = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("question", "display_set", "reader"), name="answer_one_per_reader"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reader} on {self.display_set}: {self.value}"
