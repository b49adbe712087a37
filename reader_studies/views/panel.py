"""What the panel beside the picture shows of each question."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from reader_studies.answer_types import AnswerType, Setting, Summary, Widget
from reader_studies.models import Answer, DisplaySet, Question
from reader_studies.selectors import Start, questions_of

_ORIGINS = {
    "previous": "From the case before. Change what differs.",
    "socket": "Filled in from the case. Correct what is wrong.",
    "default": "",
}


@dataclass(frozen=True)
class PanelQuestion:
    """A question with its answer so far, or what the answer starts with."""

    question: Question
    content: Any
    version: int
    is_stored: bool
    start: Start | None
    is_confirmed_empty: bool
    explanation: str = ""
    proposed: Any = field(default=None)

    @property
    def answer_type(self) -> AnswerType:
        """The type of the answer."""
        return self.question.answer_type

    @property
    def control(self) -> str:
        """Which control takes the answer: the name of a template."""
        if not self.answer_type.answerable:
            return "heading"
        if self.answer_type.drawn:
            return "drawing"
        return _CONTROLS.get(self.question.shown_widget, "yes_no")

    @property
    def text(self) -> str:
        """The answer as a field shows it."""
        if self.content is None or isinstance(self.content, (list, dict)):
            return ""
        if isinstance(self.content, bool):
            return "true" if self.content else "false"
        return self.answer_type.shown(self.content, self.question.rules)

    @property
    def chosen(self) -> list[int]:
        """The keys of the options that are chosen."""
        if Setting.OPTIONS not in self.answer_type.settings or self.content is None:
            return []
        return list(self.content) if isinstance(self.content, list) else [self.content]

    @property
    def json(self) -> str:
        """What is drawn, for the script."""
        return "" if self.content is None else json.dumps(self.content)

    @property
    def asked(self) -> str:
        """What the viewer has to know to draw it, for the script."""
        question = self.question
        asked = {
            "key": str(question.pk),
            "kind": question.kind,
            "label": question.text,
            "color": question.color,
            "viewport": question.viewport,
            "segments": question.segments,
            "many": self.answer_type.summary is Summary.OBJECTS and self.answer_type.widgets != (),
            "decides": question.widget == Widget.ACCEPT_REJECT,
            "findings": self.proposed,
        }
        return json.dumps(asked)

    @property
    def origin(self) -> str:
        """Where a start that was not answered yet is from, in words."""
        return "" if self.start is None or self.is_stored else _ORIGINS[self.start.source]

    @property
    def limits(self) -> str:
        """What the answer has to be, in words."""
        return limits_of(self.question)


def panel_questions(
    display_set: DisplaySet,
    *,
    answers: Mapping[UUID, Answer],
    starts: Mapping[UUID, Start],
) -> list[PanelQuestion]:
    """Return the questions about a display set as the panel shows them."""
    questions = questions_of(display_set.study).select_related("study")
    return [_panel_question(one, answers.get(one.pk), starts.get(one.pk)) for one in questions]


def limits_of(question: Question) -> str:
    """Say what an answer has to be, for people who have not tried yet."""
    low, high = question.minimum, question.maximum
    parts = []
    if low is not None and high is not None:
        parts.append(f"{low:g} to {high:g}")
    elif low is not None:
        parts.append(f"{low:g} or more")
    elif high is not None:
        parts.append(f"{high:g} or less")
    if question.step:
        parts.append(f"in steps of {float(question.step):g}")
    if question.min_length and question.max_length:
        parts.append(f"{question.min_length} to {question.max_length} letters")
    elif question.max_length:
        parts.append(f"at most {question.max_length} letters")
    elif question.min_length:
        parts.append(f"at least {question.min_length} letters")
    return f"{', '.join(parts).capitalize()}." if parts else ""


def _panel_question(
    question: Question, answer: Answer | None, start: Start | None
) -> PanelQuestion:
    decides = question.widget == Widget.ACCEPT_REJECT
    proposed = start.value if decides and start is not None else None
    begun = None if decides or start is None else start.value
    return PanelQuestion(
        question=question,
        content=begun if answer is None else answer.editable_content,
        version=0 if answer is None else answer.version,
        is_stored=answer is not None,
        start=start,
        is_confirmed_empty=answer is not None and answer.content is None,
        explanation="" if answer is None else answer.explanation,
        proposed=proposed,
    )


_CONTROLS = {
    "": "yes_no",
    Widget.TEXT_INPUT: "text_input",
    Widget.TEXT_AREA: "text_area",
    Widget.NUMBER_INPUT: "number",
    Widget.NUMBER_RANGE: "range",
    Widget.RADIO: "radio",
    Widget.SELECT: "select",
    Widget.CHECKBOXES: "checkboxes",
    Widget.SELECT_MULTIPLE: "select_multiple",
}
