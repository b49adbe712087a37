"""The reference standard as a table: one row for each case, one column for each question.

It is the CSV that spreadsheets write: commas (or semicolons, where the header has them), double
quotes, UTF-8. ``case_id`` names the case; without that column its title in ``case`` does. A
question's column bears its words, or its id; the explanation's has `` (explanation)`` behind.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice

from django.db import transaction

from app.accounts.models import User
from app.core.errors import ValidationFailed
from app.core.text import FORMULA_STARTS, safe_cell
from reader_studies.answer_types import InvalidAnswer
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy
from reader_studies.selectors import questions_of
from reader_studies.services.answers import GivenAnswer
from reader_studies.services.references import set_reference

CASE_ID, CASE = "case_id", "case"
EXPLANATION = " (explanation)"
MOST_ROWS = 100_000
MOST_BYTES = 32 * 2**20
MOST_ERRORS = 20
EMPTY = "(none)"
"""The cell that says: it was looked, and there is nothing."""


@dataclass(frozen=True)
class _Column:
    question: Question
    is_explanation: bool = False


def reference_csv(study: ReaderStudy) -> Iterator[str]:
    """Yield the reference standard line by line; without one, the table to be filled in."""
    questions = [one for one in questions_of(study) if one.answer_type.answerable]
    names = _names(questions)
    heads = [f"{names[one]}{end}" for one in questions for end in ("", EXPLANATION)]
    yield _line([CASE_ID, CASE, *heads])
    known: dict[tuple[object, object], Answer] = {
        (answer.display_set_id, answer.question_id): answer
        for answer in Answer.references.filter(display_set__study=study)
    }
    for display_set in study.display_sets.all():
        cells: list[object] = [str(display_set.pk), display_set.title]
        for question in questions:
            answer = known.get((display_set.pk, question.pk))
            cells += ["", ""] if answer is None else [_cell(question, answer), answer.explanation]
        yield _line(cells)


@transaction.atomic
def read_reference_csv(*, editor: User, study: ReaderStudy, data: bytes) -> int:
    """Enter the reference standard from a table, all or nothing; return how many answers it had.

    An empty cell leaves what is there. Raises `ValidationFailed` that says in which row and
    column something is wrong.
    """
    rows = _rows(data)
    questions = [one for one in questions_of(study) if one.answer_type.answerable]
    columns = _columns(rows[0] if rows else [], questions)
    cases = _Cases(study, rows[0] if rows else [])
    errors: list[str] = []
    count = 0
    seen: dict[object, int] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            display_set = cases.of(row)
            if display_set.pk in seen:
                raise InvalidAnswer(f"this case stands in row {seen[display_set.pk]} already")
            seen[display_set.pk] = line
        except InvalidAnswer as error:
            errors.append(f"Row {line}: {error}.")
            continue
        count += _enter(row, line, columns, display_set=display_set, editor=editor, errors=errors)
    if errors:
        more = len(errors) - MOST_ERRORS
        shown = errors[:MOST_ERRORS] + ([f"… and {more} more."] if more > 0 else [])
        raise ValidationFailed("Nothing was entered.", fields={"file": shown})
    return count


def _enter(
    row: Sequence[str],
    line: int,
    columns: Mapping[int, _Column],
    *,
    display_set: DisplaySet,
    editor: User,
    errors: list[str],
) -> int:
    """Enter one case; add what is wrong with it to ``errors``."""
    cells = {number: _plain(row[number]) for number in columns if number < len(row)}
    explained = {
        column.question.pk: cells[number]
        for number, column in columns.items()
        if column.is_explanation and cells.get(number)
    }
    count = 0
    for number, column in columns.items():
        cell = cells.get(number, "")
        question = column.question
        if column.is_explanation:
            continue
        if not cell:
            if question.pk in explained:
                said = "there is an explanation but no answer"
                errors.append(f"Row {line}, “{question.text[:60]}”: {said}.")
            continue
        try:
            value = None if cell == EMPTY else question.answer_type.from_cell(cell, question.rules)
            set_reference(
                editor=editor,
                display_set=display_set,
                question=question,
                given=GivenAnswer(value=value, is_confirmed_empty=cell == EMPTY),
                explanation=explained.get(question.pk),
            )
            count += 1
        except InvalidAnswer as error:
            errors.append(f"Row {line}, “{question.text[:60]}”: {error}")
    return count


class _Cases:
    """Finds the case of a row, by its id or its title."""

    def __init__(self, study: ReaderStudy, head: Sequence[str]) -> None:
        names = [name.strip().casefold() for name in head]
        column = next((names.index(each) for each in (CASE_ID, CASE) if each in names), None)
        if column is None:
            raise _refused(f"The table has no column “{CASE_ID}” or “{CASE}” that names the cases.")
        self._column = column
        self._by_id = names[column] == CASE_ID
        sets = list(study.display_sets.all())
        self._titles = Counter(one.title.strip().casefold() for one in sets)
        self._known = {
            str(one.pk) if self._by_id else one.title.strip().casefold(): one for one in sets
        }

    def of(self, row: Sequence[str]) -> DisplaySet:
        """Return the case, or raise `InvalidAnswer`."""
        name = _plain(row[self._column]) if self._column < len(row) else ""
        found = self._known.get(name.casefold())
        if found is None:
            raise InvalidAnswer(f"there is no case “{name[:60]}” in this study")
        if not self._by_id and self._titles[name.casefold()] > 1:
            raise InvalidAnswer(f"several cases are called “{name[:60]}”; name them in {CASE_ID}")
        return found


def _columns(head: Sequence[str], questions: Sequence[Question]) -> dict[int, _Column]:
    known: dict[str, Question] = {}
    for question, name in _names(questions).items():
        known[name.casefold()] = known[str(question.pk)] = question
    found: dict[int, _Column] = {}
    taken: set[tuple[object, bool]] = set()
    for number, raw in enumerate(head):
        name = _plain(raw).casefold()
        if name in ("", CASE, CASE_ID):
            continue
        is_explanation = name.endswith(EXPLANATION) and name not in known
        asked_for = known.get(name.removesuffix(EXPLANATION) if is_explanation else name)
        if asked_for is None:
            asked = ", ".join(f"“{one}”" for one in _names(questions).values())
            raise _refused(f"Column “{raw[:60]}” is no question of this study; those are {asked}.")
        if (asked_for.pk, is_explanation) in taken:
            raise _refused(f"Column “{raw[:60]}” is there twice.")
        taken.add((asked_for.pk, is_explanation))
        found[number] = _Column(asked_for, is_explanation)
    if not any(not column.is_explanation for column in found.values()):
        raise _refused("The table has no column with a question's words.")
    return found


def _names(questions: Sequence[Question]) -> dict[Question, str]:
    """Return what each question's column is called: its words, or its id where these are shared."""
    words = Counter(question.text.strip().casefold() for question in questions)
    return {
        one: one.text.strip() if words[one.text.strip().casefold()] == 1 else str(one.pk)
        for one in questions
    }


def _rows(data: bytes) -> list[list[str]]:
    if len(data) > MOST_BYTES:
        raise _refused(f"The file is larger than {MOST_BYTES // 2**20} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("The file is no UTF-8 text; save it as “CSV UTF-8”.") from None
    if "\x00" in text:
        raise _refused("The file is no text.")
    head = text.split("\n", 1)[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    usual = csv.field_size_limit(MOST_BYTES)  # a drawing may be long
    try:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = list(islice(reader, MOST_ROWS + 1))  # a file of line ends alone has millions
    except csv.Error as error:
        raise _refused(f"The file cannot be read as CSV: {error}.") from error
    finally:
        csv.field_size_limit(usual)  # all of the process reads with it
    if len(rows) > MOST_ROWS:
        raise _refused(f"The table has more than {MOST_ROWS:,} rows.")
    return rows


def _plain(cell: str) -> str:
    """Take away the apostrophe that keeps a spreadsheet from running a cell."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def _cell(question: Question, answer: Answer) -> object:
    content = answer.content
    return EMPTY if content is None else question.answer_type.to_cell(content, question.rules)


def _line(cells: Sequence[object]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(safe_cell(cell) for cell in cells)
    return buffer.getvalue()


def _refused(message: str) -> ValidationFailed:
    return ValidationFailed("Nothing was entered.", fields={"file": [message]})
