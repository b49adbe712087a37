"""Answers as a table for other programs."""

import csv
from collections.abc import Iterator
from io import StringIO

from app.core.text import safe_cell
from reader_studies.models import Answer, Question, ReaderStudy

HEADER = ("case", "case_id", "reader", "question", "question_id", "answer", "answered_at")


def answers_csv(study: ReaderStudy) -> Iterator[str]:
    """Yield a CSV file line by line: one row per answer, options by their titles.

    Cells that a spreadsheet would run as a formula are quoted with an apostrophe.
    """
    yield _line(HEADER)
    titles = {
        option.pk: option.title
        for question in study.questions.prefetch_related("options")
        for option in question.options.all()
    }
    answers = (
        Answer.objects.filter(display_set__study=study)
        .select_related("question", "display_set", "reader")
        .order_by("display_set__order", "reader__username", "question__order", "pk")
    )
    for answer in answers.iterator(chunk_size=2000):
        value = answer.value
        if answer.question.kind == Question.Kind.CHOICE:
            value = titles.get(value, value)
        yield _line(
            (
                answer.display_set.title,
                str(answer.display_set_id),
                answer.reader.username,
                answer.question.text,
                str(answer.question_id),
                "yes" if value is True else "no" if value is False else value,
                answer.modified.isoformat(timespec="seconds"),
            )
        )


def _line(cells: tuple[object, ...]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(safe_cell(cell) for cell in cells)
    return buffer.getvalue()
