"""Saving answers."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict, ValidationFailed
from app.core.ids import new_id
from app.images.models import Image
from reader_studies.answer_types import InvalidAnswer, Setting
from reader_studies.models import Answer, DisplaySet, Question
from reader_studies.selectors import current_set, questions_of
from reader_studies.services.masks import drawn_mask, is_as_painted, mask_image
from reader_studies.services.scores import score
from reader_studies.services.versions import first_version, take_away

LONGEST_EDIT = timedelta(hours=24)
LONGEST_TOLD = 20_000


@dataclass(frozen=True, kw_only=True)
class GivenAnswer:
    """An answer on its way in.

    ``is_confirmed_empty`` says that the reader looked and there is nothing to answer. ``version``
    is the one that the reader saw, 0 for none; ``None`` changes whatever is there. ``writer`` is a
    name of the window, which may always change what it wrote itself: it may not have heard that
    its last words arrived. ``duration`` is how long the reader was at it.
    """

    value: Any = None
    is_confirmed_empty: bool = False
    version: int | None = None
    writer: str = ""
    duration: timedelta | None = None

    @classmethod
    def of(cls, raw: Any) -> "GivenAnswer":
        """Return the answer as it is, or around a bare value."""
        return raw if isinstance(raw, GivenAnswer) else cls(value=raw)


@dataclass(frozen=True)
class Checked:
    """A given answer that fits its question; nothing is in it where nothing was answered."""

    question: Question
    given: GivenAnswer
    value: Any = None
    image: Image | None = None

    @property
    def is_answer(self) -> bool:
        """Tell whether it is to be stored, be it as a confirmation that there is nothing."""
        return self.value is not None or self.image is not None or self.given.is_confirmed_empty


class AnsweredElsewhere(Conflict):
    """Somebody changed the answer since the reader saw it: themselves, in another window."""

    code = "answered-elsewhere"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(
            "This was answered in another window since.",
            advice="Look at both answers and choose one.",
        )


@transaction.atomic
def save_answers(
    *, reader: User, display_set: DisplaySet, given: Mapping[UUID, Any], partial: bool = False
) -> list[Answer]:
    """Store a reader's answers about one display set, all or none.

    ``given`` maps question ids to raw answers, or to `GivenAnswer`. An empty one takes an earlier
    answer back; what is not named stays. Unless ``partial`` (saving before one is done), every
    required question must be answered. Raises `ValidationFailed` naming each question.
    """
    require_turn(reader=reader, display_set=display_set)
    checked: list[Checked] = []
    errors: dict[str, list[str]] = {}
    for question in questions_of(display_set.study):
        if not question.answer_type.answerable:
            continue
        try:
            found = check_given(
                question, given.get(question.pk), reader=reader, display_set=display_set
            )
        except InvalidAnswer as error:
            errors[str(question.pk)] = [str(error)]
            continue
        checked.append(found)
        if not partial and not found.is_answer and question.required:
            errors[str(question.pk)] = ["Please answer this question."]
    if errors:
        raise ValidationFailed("Some answers need your attention.", fields=errors)
    stored = [
        store(reader=reader, display_set=display_set, checked=each)
        for each in checked
        if each.is_answer or each.question.pk in given
    ]
    return [answer for answer in stored if answer is not None]


@transaction.atomic
def give_answer(
    *,
    reader: User,
    display_set: DisplaySet,
    question: Question,
    value: Any,
    change: bool = False,
    duration: timedelta | None = None,
    pk: UUID | None = None,
) -> Answer:
    """Store one answer of a program's user.

    Giving the same answer again is fine, so that a request may be repeated; a different one is
    only taken as a ``change``. Nothing answers a question that is not required. Raises
    `ValidationFailed` or `Conflict`.
    """
    if question.study_id != display_set.study_id:
        raise ValidationFailed(fields={"question": ["It belongs to another reader study."]})
    require_turn(reader=reader, display_set=display_set)
    if not question.answer_type.answerable:
        raise ValidationFailed(fields={"question": ["A heading takes no answer."]})
    given = GivenAnswer(
        value=value, is_confirmed_empty=not question.required and value is None, duration=duration
    )
    try:
        checked = check_given(question, given, reader=reader, display_set=display_set)
    except InvalidAnswer as error:
        raise ValidationFailed(fields={"answer": [str(error)]}) from error
    if not checked.is_answer:
        raise ValidationFailed(fields={"answer": ["Give an answer."]})
    known = Answer.objects.filter(question=question, display_set=display_set, reader=reader).first()
    if known is not None and not change and not holds(known, checked):
        raise ValidationFailed(fields={"answer": ["You have answered this; change that answer."]})
    return _put(reader=reader, display_set=display_set, checked=checked, pk=pk)


def check_answer(question: Question, raw: Any) -> Any:
    """Return the answer in its stored form, ``None`` when empty; raise `InvalidAnswer`."""
    return question.answer_type.clean(raw, question.rules)


def check_given(question: Question, raw: Any, *, reader: User, display_set: DisplaySet) -> Checked:
    """Return a given answer as it can be stored, or raise `InvalidAnswer`."""
    given = GivenAnswer.of(raw)
    value = check_answer(question, given.value)
    if value is None and given.is_confirmed_empty and question.required:
        given = replace(given, is_confirmed_empty=False)
    if value is None or Setting.SEGMENTS not in question.answer_type.settings:
        return Checked(question, given, value)
    if "mask" in value:
        drawn_mask(reader=reader, display_set=display_set, key=value["mask"])
        return Checked(question, given, value)
    image = mask_image(reader=reader, question=question, display_set=display_set, value=value)
    return Checked(question, given, None, image)


def require_turn(*, reader: User, display_set: DisplaySet) -> None:
    """Raise `Conflict` where readers go from case to case and this is not the reader's."""
    study = display_set.study
    if not study.case_navigation and current_set(study, reader=reader) != display_set.pk:
        raise Conflict(
            "In this study, cases are read one after the other.",
            advice="Go on with the case that is next.",
        )


def store(
    *, reader: User, display_set: DisplaySet, checked: Checked, pk: UUID | None = None
) -> Answer | None:
    """Store what was checked, or take the answer back where nothing was answered.

    Raises `AnsweredElsewhere`, and `Conflict` where answers are final. Call it in a transaction.
    """
    if checked.is_answer:
        return _put(reader=reader, display_set=display_set, checked=checked, pk=pk)
    key = {"question": checked.question, "display_set": display_set, "reader": reader}
    _take_back(key, display_set=display_set, given=checked.given)
    return None


def _put(*, reader: User, display_set: DisplaySet, checked: Checked, pk: UUID | None) -> Answer:
    key = {"question": checked.question, "display_set": display_set, "reader": reader}
    beginning: dict[str, Any] = {
        "value": checked.value,
        "image": checked.image,
        "pk": pk or new_id(),
        "version": lambda: first_version(display_set),  # asked once it is known to be new
        "writer": checked.given.writer,
        "last_edit_duration": bounded(checked.given.duration),
        "total_edit_duration": bounded(checked.given.duration),
    }
    rows = Answer.objects.select_for_update()
    answer, made = rows.get_or_create(**key, defaults=beginning)
    if made:
        _score(answer)
        data = {"value": told(answer.content)}
        record("reader_studies.answer.given", obj=answer, actor=reader, data=data)
    elif not holds(answer, checked):
        _check_version(answer, checked.given)
        _require_changeable(display_set)
        _change(answer, checked)
    return answer


def bounded(duration: timedelta | None) -> timedelta | None:
    """Return a duration that a browser or program tells, as far as it can be believed."""
    return None if duration is None else max(timedelta(), min(duration, LONGEST_EDIT))


def told(content: Any) -> Any:
    """Return what an event tells of an answer: all of it, or the digest of a long drawing."""
    text = json.dumps(content, sort_keys=True)
    if len(text) <= LONGEST_TOLD:
        return content
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "letters": len(text)}


def holds(answer: Answer, checked: Checked) -> bool:
    """Tell whether an answer is what was given already."""
    image = None if checked.image is None else checked.image.pk
    if isinstance(checked.value, dict) and "mask" in checked.value and answer.image_id is not None:
        key, where = checked.value["mask"], answer.display_set
        return is_as_painted(answer, key, reader=answer.reader, display_set=where)
    return bool(answer.value == checked.value and answer.image_id == image)


def _check_version(answer: Answer, given: GivenAnswer) -> None:
    own = bool(given.writer) and given.writer == answer.writer
    if not own and given.version is not None and given.version != answer.version:
        raise AnsweredElsewhere(answer)


def _require_changeable(display_set: DisplaySet) -> None:
    if not display_set.study.answers_may_change:
        raise Conflict("Answers of this study may not be changed once given.")


def _change(answer: Answer, checked: Checked) -> None:
    before = told(answer.content)
    answer.value, answer.image, answer.writer = checked.value, checked.image, checked.given.writer
    answer.version += 1
    duration = bounded(checked.given.duration)
    if duration is not None:
        answer.last_edit_duration = duration
        answer.total_edit_duration = (answer.total_edit_duration or timedelta()) + duration
    answer.score = score(answer)
    answer.save()
    record(
        "reader_studies.answer.changed",
        obj=answer,
        actor=answer.reader,
        data={"before": before, "after": told(answer.content)},
    )


def _score(answer: Answer) -> None:
    answer.score = score(answer)
    if answer.score is not None:
        answer.save(update_fields=["score"])


def _take_back(key: Mapping[str, Any], *, display_set: DisplaySet, given: GivenAnswer) -> None:
    answer = Answer.objects.select_for_update().filter(**key).first()
    if answer is None:
        return
    _check_version(answer, given)
    _require_changeable(display_set)
    record(
        "reader_studies.answer.taken_back",
        obj=answer,
        actor=answer.reader,
        data={"before": told(answer.content)},
    )
    take_away(answer)
