"""Questions and the options of a choice."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.sockets.models import LookUpTable, Socket
from app.sockets.schemas import InvalidValue, clean_segments
from reader_studies.answer_types import (
    ANSWER_TYPES,
    AnswerType,
    Option,
    Rules,
    Setting,
    UnusablePattern,
    Widget,
    compile_pattern,
    get_answer_type,
)
from reader_studies.viewports import VIEWPORTS

COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}$", "A color is written like #ff9f1c.")
LONGEST_ANSWER = 10_000


class Question(UUIDModel, TimestampedModel):
    """One question that every reader answers for every display set.

    ``kind`` is a key of `ANSWER_TYPES`, which says which of the fields below mean something.
    ``socket`` names the value of the display set with which an answer starts. Where nothing is
    answered, ``confirm_empty`` asks the reader to say so; that is kept as an answer without value.
    """

    class Direction(models.TextChoices):
        HORIZONTAL = "H", "Horizontal"
        VERTICAL = "V", "Vertical"

    study = models.ForeignKey(
        "reader_studies.ReaderStudy", on_delete=models.CASCADE, related_name="questions"
    )
    text = models.CharField(max_length=300)
    help_text = models.CharField(max_length=500, blank=True)
    kind = models.CharField(
        max_length=4, choices=[(key, found.words) for key, found in ANSWER_TYPES.items()]
    )
    required = models.BooleanField(default=True)
    order = models.PositiveIntegerField(default=0)
    widget = models.CharField(
        max_length=24, blank=True, choices=[(each.value, each.value) for each in Widget]
    )
    direction = models.CharField(
        max_length=1, choices=Direction.choices, default=Direction.HORIZONTAL
    )
    minimum = models.FloatField(null=True, blank=True)
    maximum = models.FloatField(null=True, blank=True)
    step = models.DecimalField(
        max_digits=18,
        decimal_places=9,
        null=True,
        blank=True,
        validators=[MinValueValidator(0.000000001, "A step is more than nothing.")],
    )
    min_length = models.PositiveIntegerField(null=True, blank=True)
    max_length = models.PositiveIntegerField(null=True, blank=True)
    pattern = models.CharField(max_length=500, blank=True)
    color = models.CharField(max_length=7, blank=True, validators=[COLOR])
    viewport = models.CharField(
        max_length=14, blank=True, choices=[(name, name.capitalize()) for name in VIEWPORTS]
    )
    segments = models.JSONField(default=list, blank=True)
    look_up_table = models.ForeignKey(
        LookUpTable, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    socket = models.ForeignKey(
        Socket, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirm_empty = models.BooleanField(default=False)
    confirm_empty_text = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("order", "created")

    def __str__(self) -> str:
        return self.text

    @property
    def answer_type(self) -> AnswerType:
        """The type of its answers, with its rules."""
        return get_answer_type(self.kind)

    @property
    def rules(self) -> Rules:
        """What it asks of its answers; looks its options up."""
        return Rules(
            minimum=self.minimum,
            maximum=self.maximum,
            step=self.step,
            min_length=self.min_length,
            max_length=self.max_length,
            pattern=self.pattern,
            options=[Option(option.pk, option.title, option.default) for option in self._options()],
        )

    @property
    def shown_widget(self) -> str:
        """How its answer is entered: as chosen, else as usual for the type; may be empty."""
        widgets = self.answer_type.widgets
        return self.widget or (str(widgets[0]) if widgets and not self.answer_type.drawn else "")

    def clean(self) -> None:
        """Check that the fields fit the type of answer; empty those that mean nothing for it."""
        if self.kind not in ANSWER_TYPES:
            return  # the field's own check says so
        answer_type = self.answer_type
        self._forget_what_means_nothing(answer_type)
        errors: dict[str, Any] = {
            **self._wrong_ranges(),
            **self._wrong_pattern(),
            **self._wrong_segments(),
        }
        if self.widget and self.widget not in answer_type.widgets:
            known = ", ".join(answer_type.widgets) or "none"
            errors["widget"] = f"A {answer_type.words} is entered by other means: {known}."
        if self.socket is not None and self.socket.kind not in answer_type.sockets:
            errors["socket"] = f"The values of “{self.socket.title}” are no {answer_type.words}."
        if errors:
            raise ValidationError(errors)

    def _options(self) -> list["QuestionOption"]:
        has_options = Setting.OPTIONS in self.answer_type.settings
        return list(self.options.all()) if has_options else []

    def _forget_what_means_nothing(self, answer_type: AnswerType) -> None:
        for setting, emptied in _EMPTIED.items():
            if setting not in answer_type.settings:
                for name, value in emptied.items():
                    setattr(self, name, type(value)() if isinstance(value, list) else value)
        if not answer_type.answerable:
            self.required = self.confirm_empty = False
        if self.required:
            self.confirm_empty = False

    def _wrong_ranges(self) -> dict[str, str]:
        wrong = {}
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            wrong["maximum"] = "The largest number is smaller than the smallest."
        if self.max_length is not None and not 1 <= self.max_length <= LONGEST_ANSWER:
            wrong["max_length"] = f"Choose from 1 to {LONGEST_ANSWER:,} letters."
        elif (self.min_length or 0) > (self.max_length or LONGEST_ANSWER):
            wrong["min_length"] = "This is more than the most letters."
        if self.widget == Widget.NUMBER_RANGE and None in (self.minimum, self.maximum):
            wrong["widget"] = "A slider needs a smallest and a largest number."
        return wrong

    def _wrong_pattern(self) -> dict[str, str]:
        try:
            compile_pattern(self.pattern)
        except UnusablePattern as error:
            return {"pattern": str(error)}
        return {}

    def _wrong_segments(self) -> dict[str, str]:
        try:
            self.segments = clean_segments(self.segments)
        except InvalidValue as error:
            return {"segments": str(error)}
        return {}


_EMPTIED: dict[Setting, dict[str, Any]] = {
    Setting.RANGE: {"minimum": None, "maximum": None, "step": None},
    Setting.LENGTH: {"min_length": None, "max_length": None, "pattern": ""},
    Setting.DRAWING: {"color": "", "viewport": ""},
    Setting.SEGMENTS: {"segments": [], "look_up_table": None},
}


class QuestionOption(models.Model):
    """One option of a choice question; the integer key is part of the API's contract."""

    id = models.BigAutoField(primary_key=True)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="options")
    title = models.CharField(max_length=200)
    order = models.PositiveIntegerField(default=0)
    default = models.BooleanField(default=False)

    class Meta:
        ordering = ("order", "id")
        constraints = [
            models.UniqueConstraint(fields=("question", "title"), name="option_title_once")
        ]

    def __str__(self) -> str:
        return self.title
