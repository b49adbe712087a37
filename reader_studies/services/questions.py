"""Adding, changing and deleting questions."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from app.accounts.models import User
from app.audit.services import change, record
from app.core.errors import Conflict, ValidationFailed
from app.core.ids import new_id
from reader_studies.answer_types import Setting
from reader_studies.models import Answer, Question, QuestionOption, ReaderStudy

FIXED = frozenset(
    {
        *("minimum", "maximum", "step", "min_length", "max_length", "pattern"),
        *("viewport", "segments", "look_up_table", "socket"),
    }
)
"""What stays of a question once it was answered: else old answers would no longer fit it."""


@transaction.atomic
def add_question(
    *,
    actor: User,
    study: ReaderStudy,
    options: Sequence[str] = (),
    option_pks: Mapping[str, int] | None = None,
    defaults: Collection[str] = (),
    pk: UUID | None = None,
    **fields: object,
) -> Question:
    """Add a question; a choice needs at least two different options.

    ``option_pks`` maps titles of options to the keys that they must have; ``defaults`` are the
    titles of those that an answer starts with.
    """
    highest = study.questions.aggregate(highest=Max("order"))["highest"]
    order = 10 if highest is None else int(highest) + 10
    question = Question(pk=pk or new_id(), study=study, order=order, **fields)
    question.full_clean()
    titles = list(dict.fromkeys(title.strip() for title in options if title.strip()))
    has_options = Setting.OPTIONS in question.answer_type.settings
    if has_options:
        _check_options(question, titles, defaults)
    question.save()
    if has_options:
        QuestionOption.objects.bulk_create(
            QuestionOption(
                pk=(option_pks or {}).get(title),
                question=question,
                title=title,
                order=number,
                default=title in defaults,
            )
            for number, title in enumerate(titles)
        )
    data = {"study": str(study.pk), "text": question.text}
    record("reader_studies.question.added", obj=question, actor=actor, data=data)
    return question


def _check_options(question: Question, titles: Sequence[str], defaults: Collection[str]) -> None:
    if len(titles) < 2:
        raise ValidationFailed(fields={"options": ["Give at least two different options."]})
    if any(len(title) > 200 for title in titles):
        raise ValidationFailed(fields={"options": ["An option has at most 200 letters."]})
    if set(defaults) - set(titles):
        raise ValidationFailed(fields={"options": ["A default is one of the options."]})
    if len(defaults) > 1 and not question.answer_type.several:
        raise ValidationFailed(fields={"options": ["Only one option can be the default."]})


@transaction.atomic
def update_question(*, actor: User, question: Question, **changes: object) -> Question:
    """Change a question; its type and options stay, and its rules once it was answered."""
    Question.objects.select_for_update().get(pk=question.pk)
    changed = {name for name, value in changes.items() if getattr(question, name) != value}
    if changed & FIXED and Answer.everything.filter(question=question).exists():
        raise Conflict(
            "This question has answers, so what it asks of them stays as it is.",
            advice="Change its words, or add another question.",
        )
    return change("reader_studies.question.changed", obj=question, actor=actor, **changes)


@transaction.atomic
def delete_question(*, actor: User, question: Question) -> None:
    """Delete a question that nobody has answered yet, be it for the reference standard."""
    Question.objects.select_for_update().get(pk=question.pk)
    if Answer.references.filter(question=question).exists():
        raise Conflict(
            "The reference standard answers this question.",
            advice="Keep it, or empty its answers in the reference standard first.",
        )
    if question.answers.exists():
        raise Conflict(
            "Readers have already answered this question.",
            advice="Keep it, or export the answers and make a new study.",
        )
    data = {"question": str(question.pk), "text": question.text}
    record("reader_studies.question.deleted", obj=question.study, actor=actor, data=data)
    question.delete()
