"""Making and changing studies, display sets and questions."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Max

from app.accounts.models import User
from app.accounts.services import make_owned
from app.audit.services import change, record
from app.core.errors import Conflict, ValidationFailed
from app.core.slugs import free_slug
from archives.models import ArchiveItem
from reader_studies.models import (
    DisplaySet,
    Question,
    QuestionOption,
    ReaderStudy,
)
from reader_studies.policies import READER_STUDIES


@transaction.atomic
def create_study(*, actor: User, title: str, **rest: object) -> ReaderStudy:
    """Make a study; whoever makes it is its editor."""
    slug = free_slug(ReaderStudy, title, fallback="reader-study")
    study = ReaderStudy(title=title, slug=slug, **rest)
    make_owned(READER_STUDIES, actor=actor, obj=study)
    record("reader_studies.study.created", obj=study, actor=actor, data={"title": title})
    return study


def update_study(*, actor: User, study: ReaderStudy, **changes: object) -> ReaderStudy:
    """Change a study's texts and rules."""
    return change("reader_studies.study.changed", obj=study, actor=actor, **changes)


@transaction.atomic
def add_display_sets(
    *, actor: User, study: ReaderStudy, items: Iterable[ArchiveItem]
) -> list[DisplaySet]:
    """Add archive items as display sets, behind those that are there."""
    order = _next_order(study.display_sets)
    made = []
    for item in items:
        display_set = DisplaySet.objects.create(study=study, title=item.title, order=order)
        display_set.values.set(item.values.all())
        made.append(display_set)
        order += 10
    record("reader_studies.display_sets.added", obj=study, actor=actor, data={"count": len(made)})
    return made


@transaction.atomic
def delete_display_set(*, actor: User, display_set: DisplaySet) -> None:
    """Delete a display set that nobody has answered yet."""
    if display_set.answers.exists():
        raise Conflict(
            "Readers have already answered questions about this case.",
            advice="Keep it, or export the answers and make a new study.",
        )
    record("reader_studies.display_set.deleted", obj=display_set, actor=actor)
    display_set.delete()


@transaction.atomic
def add_question(
    *, actor: User, study: ReaderStudy, options: Sequence[str] = (), **fields: object
) -> Question:
    """Add a question; a choice needs at least two different options."""
    question = Question(study=study, order=_next_order(study.questions), **fields)
    titles = list(dict.fromkeys(title.strip() for title in options if title.strip()))
    if question.kind == Question.Kind.CHOICE and len(titles) < 2:
        raise ValidationFailed(fields={"options": ["Give at least two different options."]})
    question.full_clean()
    question.save()
    if question.kind == Question.Kind.CHOICE:
        QuestionOption.objects.bulk_create(
            QuestionOption(question=question, title=title, order=number)
            for number, title in enumerate(titles)
        )
    record("reader_studies.question.added", obj=question, actor=actor)
    return question


@transaction.atomic
def delete_question(*, actor: User, question: Question) -> None:
    """Delete a question that nobody has answered yet."""
    if question.answers.exists():
        raise Conflict(
            "Readers have already answered this question.",
            advice="Keep it, or export the answers and make a new study.",
        )
    record("reader_studies.question.deleted", obj=question, actor=actor)
    question.delete()


def _next_order(related: object) -> int:
    highest = related.aggregate(highest=Max("order"))["highest"]  # type: ignore[attr-defined]
    return 10 if highest is None else int(highest) + 10
