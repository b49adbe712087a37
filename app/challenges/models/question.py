"""What people answer who want to take part."""

from django.db import models

from app.challenges.models.challenge import Challenge
from app.core.models import TimestampedModel, UUIDModel
from app.requests.questions import Question


class RegistrationQuestion(UUIDModel, TimestampedModel):
    """One question; answers are kept with the request, in the words of the question then."""

    class Kind(models.TextChoices):
        SHORT = "SHORT", "A line of text"
        LONG = "LONG", "A longer text"
        CHOICE = "CHOICE", "One of several answers"
        AGREE = "AGREE", "A box to tick, as for rules"

    challenge = models.ForeignKey(
        Challenge, on_delete=models.CASCADE, related_name="registration_questions"
    )
    text = models.CharField("question", max_length=200)
    help_text = models.CharField("explanation", max_length=300, blank=True)
    kind = models.CharField("answer", max_length=6, choices=Kind.choices, default=Kind.SHORT)
    options = models.JSONField(default=list, blank=True)
    required = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField(
        default=0, help_text="Questions with smaller numbers come first."
    )

    class Meta:
        ordering = ("order", "created")

    def __str__(self) -> str:
        return self.text

    @property
    def asked(self) -> Question:
        """The question as it is asked."""
        return Question(
            key=str(self.pk),
            text=self.text,
            help_text=self.help_text,
            required=self.required,
            options=tuple(self.options) if self.kind == self.Kind.CHOICE else (),
            long=self.kind == self.Kind.LONG,
            agree=self.kind == self.Kind.AGREE,
        )
