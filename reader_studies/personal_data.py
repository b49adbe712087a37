"""What reader studies hold of a person."""

from collections.abc import Iterator

from app.accounts.models import User
from app.accounts.personal_data import Row
from reader_studies.models import Answer


def given_answers(user: User) -> Iterator[Row]:
    """Yield the person's answers, each with what was asked about what."""
    rows = Answer.objects.filter(reader=user).select_related("question__study", "display_set")
    for answer in rows.order_by("created").iterator():
        yield {
            "id": answer.pk,
            "reader_study": answer.question.study.title,
            "case": answer.display_set.title,
            "question": answer.question.text,
            "answer": answer.value,
            "created": answer.created,
            "modified": answer.modified,
        }
