"""Reading answers and the reference standard."""

from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet, Value

from app.accounts.models import User
from app.core.errors import NotFound
from reader_studies.models import Answer, DisplaySet, ReaderStudy
from reader_studies.policies import READER_STUDIES


def answers_of(display_set: DisplaySet, *, reader: User) -> dict[UUID, Answer]:
    """Return a reader's answers about one display set by question id."""
    answers = Answer.objects.filter(display_set=display_set, reader=reader)
    return {answer.question_id: answer for answer in answers}


def references_of(display_set: DisplaySet) -> dict[UUID, Answer]:
    """Return the reference standard of one display set by question id."""
    answers = Answer.references.filter(display_set=display_set)
    return {answer.question_id: answer for answer in answers}


def references_in(study: ReaderStudy) -> dict[UUID, int]:
    """Return how many answers of the reference standard each display set has."""
    rows = Answer.references.filter(display_set__study=study).order_by()
    return dict(rows.values_list("display_set").annotate(count=Count("pk")))


def has_reference(study: ReaderStudy) -> bool:
    """Tell whether anything of the reference standard was entered."""
    return Answer.references.filter(display_set__study=study).exists()


def answers_for(user: Any) -> QuerySet[Answer]:
    """Return the user's own answers, and all those of studies whose statistics they see.

    The reference standard is among these alone: readers must not know it. ``shows_score`` says of
    each whether the user may know how it compares.
    """
    if not user.is_authenticated:
        return Answer.objects.none()
    answers = Answer.everything.select_related("question", "display_set", "reader").order_by(
        "created", "pk"
    )
    if user.is_superuser:
        return answers.annotate(shows_score=Value(True))
    edited = Q(display_set__study__in=READER_STUDIES.held_by(user, "statistics"))
    studies = READER_STUDIES.visible_to(user)
    own = Q(reader=user, is_reference=False, display_set__study__in=studies)
    shows_score = ExpressionWrapper(edited, BooleanField())
    return answers.filter(own | edited).annotate(shows_score=shows_score)


def get_answer_for(user: Any, pk: UUID | str, *, action: str = "view") -> Answer:
    """Return the answer if ``user`` may see it; only who gave it changes it."""
    found = answers_for(user).filter(pk=pk).select_related("display_set__study").first()
    if found is None:
        raise NotFound
    if action == "change":
        own = found.reader_id == user.pk and not found.is_reference
        if not own or not READER_STUDIES.allows(user, found.display_set.study, "read"):
            raise NotFound
    return found


def answer_image_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of masks among the answers that ``user`` sees."""
    return answers_for(user).filter(image__isnull=False).order_by().values("image")
