"""Questions and the options of a choice."""

from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from reader_studies.models.reader_study import ReaderStudy


class Question(UUIDModel, TimestampedModel):
    """One question that every reader answers for every display set."""

    class Kind(models.TextChoices):
        TEXT = "TEXT", "Text"
        NUMBER = "NUMB", "Number"
        CHOICE = "CHOI", "Choice"
        YES_NO = "BOOL", "Yes or no"

    study = models.ForeignKey(ReaderStudy, on_delete=models.CASCADE, related_name="questions")
    text = models.CharField(max_length=300)
    help_text = models.CharField(max_length=500, blank=True)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    required = models.BooleanField(default=True)
    order = models.PositiveIntegerField(default=0)
    minimum = models.FloatField(null=True, blank=True)
    maximum = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("order", "created")

    def __str__(self) -> str:
        return self.text


class QuestionOption(models.Model):
    """One option of a choice question; the integer key is part of the API's contract."""

    id = models.BigAutoField(primary_key=True)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="options")
    title = models.CharField(max_length=200)
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("order", "id")
        constraints = [
            models.UniqueConstraint(fields=("question", "title"), name="option_title_once")
        ]

    def __str__(self) -> str:
        return self.title
