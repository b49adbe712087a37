"""The reference standard: what editors say is right, answer by answer or as a table."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import ValidationFailed
from reader_studies.answer_types import InvalidAnswer
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy
from reader_studies.selectors import questions_of
from reader_studies.services.answers import (
    AnsweredElsewhere,
    Checked,
    GivenAnswer,
    check_given,
    holds,
    told,
)
from reader_studies.services.masks import finish_mask
from reader_studies.services.reading import Saved
from reader_studies.services.scores import score_again
from reader_studies.services.versions import first_version, take_away


def save_references(
    *,
    editor: User,
    display_set: DisplaySet,
    given: Mapping[UUID, GivenAnswer],
    explanations: Mapping[UUID, str] | None = None,
    is_final: bool = True,
) -> Saved:
    """Store what is right about one display set, as an editor enters it in the viewer."""
    saved = Saved()
    for question in questions_of(display_set.study).filter(pk__in=list(given)):
        if not question.answer_type.answerable:
            continue
        try:
            answer = set_reference(
                editor=editor,
                display_set=display_set,
                question=question,
                given=given[question.pk],
                explanation=(explanations or {}).get(question.pk),
                is_final=is_final,
            )
        except InvalidAnswer as error:
            saved.errors[question.pk] = str(error)
        except AnsweredElsewhere as error:
            saved.conflicts[question.pk] = error.answer
        else:
            saved.versions[question.pk] = 0 if answer is None else answer.version
    return saved


@transaction.atomic
def set_reference(
    *,
    editor: User,
    display_set: DisplaySet,
    question: Question,
    given: GivenAnswer,
    explanation: str | None = None,
    is_final: bool = True,
) -> Answer | None:
    """Store, change or (empty) take away what is right; scores follow.

    A mask becomes an image when this is ``is_final``, and not while it is painted. Raises
    `InvalidAnswer`, and `AnsweredElsewhere` when it changed since the editor saw it.
    """
    if question.study_id != display_set.study_id:
        raise ValidationFailed(fields={"question": ["It belongs to another reader study."]})
    checked = check_given(question, given, reader=editor, display_set=display_set)
    key = {"question": question, "display_set": display_set}
    known = Answer.references.select_for_update().filter(**key).first()
    if known is not None:
        own = bool(given.writer) and given.writer == known.writer
        if not own and given.version is not None and given.version != known.version:
            raise AnsweredElsewhere(known)
    if known is None and not checked.is_answer:
        return None
    kept = known is not None and explanation in (None, known.explanation)
    if known is not None and kept and checked.is_answer and holds(known, checked):
        return _finished(known, is_final=is_final)
    before = None if known is None else told(known.content)
    answer = _replaced(known, checked, key=key, editor=editor, explanation=explanation)
    answer = None if answer is None else _finished(answer, is_final=is_final)
    score_again(question=question, display_set=display_set)
    after = None if answer is None else told(answer.content)
    if before != after:
        record(
            "reader_studies.reference.changed",
            obj=display_set,
            actor=editor,
            data={"question": str(question.pk), "before": before, "after": after},
        )
    return answer


def _replaced(
    known: Answer | None,
    checked: Checked,
    *,
    key: Mapping[str, Any],
    editor: User,
    explanation: str | None,
) -> Answer | None:
    if known is not None and not checked.is_answer:
        take_away(known)
        return None
    answer = _next_version_of(known, key=key, editor=editor)
    answer.value, answer.image = checked.value, checked.image
    answer.writer = checked.given.writer
    if explanation is not None:
        answer.explanation = explanation.replace("\x00", "").strip()[:2000]
    answer.save()
    return answer


def _next_version_of(known: Answer | None, *, key: Mapping[str, Any], editor: User) -> Answer:
    """Return the reference as ``editor`` changes it, with a version that nobody saw yet."""
    if known is None:
        version = first_version(key["display_set"])
        return Answer(is_reference=True, reader=editor, version=version, **key)
    known.reader = editor
    known.version += 1
    return known


def _finished(answer: Answer, *, is_final: bool) -> Answer:
    if is_final:
        finish_mask(answer)
    return answer


@transaction.atomic
def take_as_reference(*, editor: User, study: ReaderStudy, reader: User) -> int:
    """Make a copy of all that a reader answered the reference standard; return how much it was.

    The reader's answers stay theirs. Masks that are still being painted are no answers yet.
    """
    answers = Answer.objects.filter(display_set__study=study, reader=reader).exclude(
        image=None, value__has_key="mask"
    )
    count = 0
    for answer in answers.select_related("question", "display_set"):
        _take(answer, editor=editor)
        score_again(question=answer.question, display_set=answer.display_set)
        count += 1
    data = {"reader": reader.username, "count": count}
    record("reader_studies.reference.taken", obj=study, actor=editor, data=data)
    return count


def _take(answer: Answer, *, editor: User) -> None:
    """Make what a reader answered the reference; of a mask its image, not where it was painted."""
    key = {"question": answer.question, "display_set": answer.display_set}
    known = Answer.references.select_for_update().filter(**key).first()
    taken = _next_version_of(known, key=key, editor=editor)
    taken.value = answer.value if answer.image_id is None else None
    taken.image = answer.image
    taken.writer = taken.explanation = ""
    taken.save()
