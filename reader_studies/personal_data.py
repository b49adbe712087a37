"""What reader studies hold of a person."""

from collections.abc import Iterator

from app.accounts.models import User
from app.accounts.personal_data import Row
from reader_studies.models import Answer, Reading


def given_answers(user: User) -> Iterator[Row]:
    """Yield the person's answers, each with what was asked about what; also to the reference."""
    rows = Answer.everything.filter(reader=user).select_related("question__study", "display_set")
    for answer in rows.order_by("created").iterator():
        yield {
            "id": answer.pk,
            "reader_study": answer.question.study.title,
            "case": answer.display_set.title,
            "question": answer.question.text,
            "answer": answer.content,
            "is_reference": answer.is_reference,
            "explanation": answer.explanation,
            "created": answer.created,
            "modified": answer.modified,
        }


def readings(user: User) -> Iterator[Row]:
    """Yield how long the person looked at each case."""
    rows = Reading.objects.filter(reader=user).select_related("display_set__study")
    for reading in rows.order_by("created").iterator():
        yield {
            "id": reading.pk,
            "reader_study": reading.display_set.study.title,
            "case": reading.display_set.title,
            "seconds": reading.spent.total_seconds(),
            "openings": reading.openings,
            "created": reading.created,
            "modified": reading.modified,
            "finished": reading.finished_at,
        }
