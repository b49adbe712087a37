"""Answers for other programs: as a table, and everything about a study as JSON."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

from app.core.text import safe_cell
from reader_studies.answer_types import Summary
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy, Reading
from reader_studies.selectors import ordered_sets, questions_of

HEADER = (
    *("case", "case_id", "reader", "question", "question_id", "answer", "answered_at"),
    *("answer_type", "given_at", "version", "is_reference", "score", "explanation"),
    *("last_edit_seconds", "total_edit_seconds", "case_seconds", "case_finished_at"),
    *("case_position", "answer_id", "value"),
)
NOTHING = "(none)"


def answers_csv(study: ReaderStudy) -> Iterator[str]:
    """Yield a CSV file line by line: one row per answer, then the reference standard.

    ``answer`` is for people: options by their titles, measures of what was drawn; ``value`` is the
    answer as JSON. Cells that a spreadsheet would run as a formula are quoted with an apostrophe.
    """
    yield _line(HEADER)
    questions = {question.pk: question for question in questions_of(study)}
    readings = _readings(study)
    positions = _positions(study)
    for answer in _answers(study):
        question = questions[answer.question_id]
        reading = readings.get((answer.display_set_id, answer.reader_id))
        if answer.is_reference:
            reading = None
        yield _line(
            (
                answer.display_set.title,
                str(answer.display_set_id),
                answer.reader.username,
                question.text,
                str(question.pk),
                _shown(question, answer),
                _moment(answer.modified),
                question.answer_type.label,
                _moment(answer.created),
                answer.version,
                "yes" if answer.is_reference else "no",
                _number(answer.score),
                answer.explanation,
                _seconds(answer.last_edit_duration),
                _seconds(answer.total_edit_duration),
                _seconds(reading.spent if reading else None),
                _moment(reading.finished_at if reading else None),
                _position(positions, answer),
                str(answer.pk),
                _value(answer.content),
            )
        )


def study_json(study: ReaderStudy) -> Iterator[str]:
    """Yield everything about a study as one JSON document, piece by piece."""
    questions = {question.pk: question for question in questions_of(study)}
    positions = _positions(study)
    head = {
        "format": "hounsfield.reader-study",
        "version": 1,
        "reader_study": _study(study),
        "questions": [_question(question) for question in questions.values()],
        "cases": [_case(each) for each in study.display_sets.prefetch_related("values__socket")],
    }
    yield json.dumps(head, ensure_ascii=False)[:-1]
    yield ', "readings": ['
    readings = Reading.objects.filter(display_set__study=study).select_related("reader")
    yield from _joined(
        _reading(reading, positions)
        for reading in readings.order_by("reader__username", "created").iterator(chunk_size=2000)
    )
    yield '], "answers": ['
    yield from _joined(_answer(answer, questions[answer.question_id]) for answer in _answers(study))
    yield "]}"


def _answers(study: ReaderStudy) -> Iterator[Answer]:
    found = (
        Answer.everything.filter(display_set__study=study)
        .select_related("display_set", "reader")
        .order_by("is_reference", "display_set__order", "reader__username", "question__order", "pk")
    )
    return found.iterator(chunk_size=2000)


def _readings(study: ReaderStudy) -> dict[tuple[UUID, int], Reading]:
    found = Reading.objects.filter(display_set__study=study)
    return {(reading.display_set_id, reading.reader_id): reading for reading in found}


def _positions(study: ReaderStudy) -> dict[int, dict[UUID, int]]:
    """Return where each reader got each case in their order, from 1."""
    readers = {
        row.reader_id: row.reader
        for row in Reading.objects.filter(display_set__study=study).select_related("reader")
    }
    return {
        pk: {key: place for place, key in enumerate(ordered_sets(study, reader=reader), start=1)}
        for pk, reader in readers.items()
    }


def _position(positions: dict[int, dict[UUID, int]], answer: Answer) -> object:
    if answer.is_reference:
        return ""
    return positions.get(answer.reader_id, {}).get(answer.display_set_id, "")


def _shown(question: Question, answer: Answer) -> object:
    content = answer.content
    if content is None:
        return NOTHING
    if question.answer_type.summary is Summary.NUMBERS:
        return content
    return question.answer_type.shown(content, question.rules)


def _value(content: Any) -> object:
    """Return an answer as JSON in a cell; numbers stay numbers, which is the same."""
    is_number = isinstance(content, (int, float)) and not isinstance(content, bool)
    return content if is_number else json.dumps(content, ensure_ascii=False)


def _study(study: ReaderStudy) -> dict[str, Any]:
    names = ("title", "slug", "description", "instructions", "answers_may_change")
    more = ("case_navigation", "shuffle", "roll_over", "end_text")
    return {"id": str(study.pk), **{name: getattr(study, name) for name in (*names, *more)}}


def _question(question: Question) -> dict[str, Any]:
    names = ("text", "help_text", "required", "order", "minimum", "maximum", "min_length")
    more = ("max_length", "pattern", "color", "viewport", "segments", "confirm_empty")
    return {
        "id": str(question.pk),
        "answer_type": question.answer_type.label,
        "kind": question.kind,
        "widget": question.shown_widget,
        **{name: getattr(question, name) for name in (*names, *more)},
        "step": None if question.step is None else str(question.step.normalize()),
        "options": [
            {"id": each.key, "title": each.title, "default": each.default}
            for each in question.rules.options
        ],
    }


def _case(display_set: DisplaySet) -> dict[str, Any]:
    values = [
        {
            "id": value.pk,
            "socket": value.socket.slug,
            "image": None if value.image_id is None else str(value.image_id),
        }
        for value in display_set.values.all()
    ]
    return {
        "id": str(display_set.pk),
        "title": display_set.title,
        "order": display_set.order,
        "values": values,
    }


def _reading(reading: Reading, positions: dict[int, dict[UUID, int]]) -> dict[str, Any]:
    return {
        "case": str(reading.display_set_id),
        "reader": reading.reader.username,
        "position": positions.get(reading.reader_id, {}).get(reading.display_set_id),
        "seconds": reading.spent.total_seconds(),
        "openings": reading.openings,
        "opened_at": _moment(reading.created),
        "finished_at": _moment(reading.finished_at) or None,
    }


def _answer(answer: Answer, question: Question) -> dict[str, Any]:
    return {
        "id": str(answer.pk),
        "case": str(answer.display_set_id),
        "question": str(question.pk),
        "reader": answer.reader.username,
        "is_reference": answer.is_reference,
        "answer": answer.content,
        "text": _shown(question, answer),
        "explanation": answer.explanation,
        "score": answer.score,
        "version": answer.version,
        "given_at": _moment(answer.created),
        "changed_at": _moment(answer.modified),
        "last_edit_seconds": _seconds(answer.last_edit_duration, empty=None),
        "total_edit_seconds": _seconds(answer.total_edit_duration, empty=None),
    }


def _joined(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield (", " if number else "") + json.dumps(row, ensure_ascii=False)


def _seconds(duration: timedelta | None, *, empty: Any = "") -> Any:
    return empty if duration is None else round(duration.total_seconds(), 3)


def _number(value: float | None) -> object:
    return "" if value is None else value


def _moment(moment: Any) -> str:
    return "" if moment is None else str(moment.isoformat(timespec="seconds"))


def _line(cells: tuple[object, ...]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(safe_cell(cell) for cell in cells)
    return buffer.getvalue()
