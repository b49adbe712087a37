"""Saving answers."""

import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, ValidationFailed
from app.core.ids import new_id
from reader_studies.models import Answer, DisplaySet, Question
from reader_studies.selectors import questions_of


@transaction.atomic
def save_answers(
    *, reader: User, display_set: DisplaySet, given: Mapping[UUID, Any], partial: bool = False
) -> list[Answer]:
    """Store a reader's answers about one display set.

    ``given`` maps question ids to raw answers. An empty one takes an earlier answer back; what is
    not named stays. Unless ``partial`` (saving before one is done), every required question must
    be answered. Raises `ValidationFailed` naming each question; then nothing is stored.
    """
    checked: dict[Question, Any] = {}
    errors: dict[str, list[str]] = {}
    for question in questions_of(display_set.study):
        try:
            value = check_answer(question, given.get(question.pk))
        except ValueError as error:
            errors[str(question.pk)] = [str(error)]
            continue
        if value is not None:
            checked[question] = value
        elif question.required and not partial:
            errors[str(question.pk)] = ["Please answer this question."]
    if errors:
        raise ValidationFailed("Some answers need your attention.", fields=errors)
    emptied = set(given) - {question.pk for question in checked}
    _take_back(reader=reader, display_set=display_set, question_ids=emptied)
    return [
        _store(reader=reader, display_set=display_set, question=question, value=value)
        for question, value in checked.items()
    ]


@transaction.atomic
def give_answer(
    *,
    reader: User,
    display_set: DisplaySet,
    question: Question,
    value: Any,
    change: bool = False,
    pk: UUID | None = None,
) -> Answer:
    """Store one answer of a program's user.

    Giving the same answer again is fine, so that a request may be repeated; a different one is
    only taken as a ``change``. Raises `ValidationFailed` or `Conflict`.
    """
    if question.study_id != display_set.study_id:
        raise ValidationFailed(fields={"question": ["It belongs to another reader study."]})
    try:
        checked = check_answer(question, value)
    except ValueError as error:
        raise ValidationFailed(fields={"answer": [str(error)]}) from error
    if checked is None:
        raise ValidationFailed(fields={"answer": ["Give an answer."]})
    known = Answer.objects.filter(question=question, display_set=display_set, reader=reader).first()
    if known is not None and not change and known.value != checked:
        raise ValidationFailed(fields={"answer": ["You have answered this; change that answer."]})
    return _store(reader=reader, display_set=display_set, question=question, value=checked, pk=pk)


def check_answer(question: Question, raw: Any) -> Any:
    """Return the answer in its stored form, ``None`` when empty; raise ``ValueError``."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    checks = {
        Question.Kind.TEXT: _text,
        Question.Kind.NUMBER: _number,
        Question.Kind.CHOICE: _choice,
        Question.Kind.YES_NO: _yes_no,
    }
    return checks[Question.Kind(question.kind)](question, raw)


def _text(question: Question, raw: Any) -> str:
    text = str(raw).replace("\x00", "").strip()
    if len(text) > 10_000:
        raise ValueError("Please keep this under 10,000 characters.")
    return text


def _number(question: Question, raw: Any) -> float:
    try:
        number = float(str(raw).replace(",", "."))
    except ValueError:
        raise ValueError("Please enter a number.") from None
    if not math.isfinite(number):
        raise ValueError("Please enter a number.")
    if question.minimum is not None and number < question.minimum:
        raise ValueError(f"The smallest allowed number is {question.minimum:g}.")
    if question.maximum is not None and number > question.maximum:
        raise ValueError(f"The largest allowed number is {question.maximum:g}.")
    return number


def _choice(question: Question, raw: Any) -> int:
    options = {str(option.pk): option.pk for option in question.options.all()}
    try:
        return options[str(raw).strip()]
    except KeyError:
        raise ValueError("Please choose one of the options.") from None


def _yes_no(question: Question, raw: Any) -> bool:
    known = {"true": True, "yes": True, "false": False, "no": False}
    try:
        return known[str(raw).strip().lower()]
    except KeyError:
        raise ValueError("Please choose yes or no.") from None


def _take_back(*, reader: User, display_set: DisplaySet, question_ids: set[UUID]) -> None:
    given = Answer.objects.select_for_update().filter(
        reader=reader, display_set=display_set, question__in=question_ids
    )
    for answer in given:
        if not display_set.study.answers_may_change:
            raise Conflict("Answers of this study may not be changed once given.")
        record(
            "reader_studies.answer.taken_back",
            obj=answer,
            actor=reader,
            data={"before": answer.value},
        )
        answer.delete()


def _store(
    *,
    reader: User,
    display_set: DisplaySet,
    question: Question,
    value: Any,
    pk: UUID | None = None,
) -> Answer:
    key = {"question": question, "display_set": display_set, "reader": reader}
    answer, made = Answer.objects.select_for_update().get_or_create(
        **key, defaults={"value": value, "pk": pk or new_id()}
    )
    if made:
        record("reader_studies.answer.given", obj=answer, actor=reader, data={"value": value})
    elif answer.value != value:
        if not display_set.study.answers_may_change:
            raise Conflict("Answers of this study may not be changed once given.")
        before, answer.value = answer.value, value
        answer.save(update_fields=["value", "modified"])
        record(
            "reader_studies.answer.changed",
            obj=answer,
            actor=reader,
            data={"before": before, "after": value},
        )
    return answer
