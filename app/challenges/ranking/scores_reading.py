"""Reading ``scores.csv``: ``task,case,algorithm,metric,value``, one row for each score.

The file may come from anywhere: every refusal names the row (line 1 is the header) and the column.
"""

import csv
import hashlib
import io
import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.challenges.ranking.table import Floats, Problem, ScoreTable, TaskScores

COLUMNS = ("task", "case", "algorithm", "metric", "value")
NAMES = COLUMNS[:-1]
LONGEST_NAME = 200
LARGEST = 1e30
MOST_BYTES = 1 << 28
MOST_CELLS = 50_000_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_INFINITE = "An infinite value is not a score: it has no mean."
_BOOLEAN = "“True” and “False” are not scores; write 1 and 0."
_WORDS = {
    "nan": "NaN is not a score.",
    "inf": _INFINITE,
    "infinity": _INFINITE,
    "true": _BOOLEAN,
    "false": _BOOLEAN,
}

Ints = NDArray[np.int64]


@dataclass
class ScoresInvalid(Exception):
    """The file cannot be read; ``row`` and ``column`` say where, the message what to do."""

    message: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = "" if self.row is None else f"Row {self.row}"
        if self.column is not None:
            place += f", column “{self.column}”"
        return f"{place}: {self.message}" if place else self.message


def read_scores(data: bytes) -> ScoreTable:
    """Return the table in ``data``; raises `ScoresInvalid`.

    A value that is no finite number (NaN, an infinity, a boolean, a word) is taken as missing and
    listed in ``problems``; an empty value is missing and nothing more.
    """
    if len(data) > MOST_BYTES:
        raise ScoresInvalid(f"The file has more than {MOST_BYTES >> 20} MB.")
    columns = [_Names(column) for column in NAMES]
    values, rows = array("d"), array("q")
    problems: list[Problem] = []
    for row, names, text in _rows(_decoded(data)):
        for column, name in zip(columns, names, strict=True):
            column.add(name, row)
        number, reason = number_of(text)
        values.append(number)
        rows.append(row)
        if reason:
            problems.append(Problem(row, *names, text=text[:40], reason=reason))
    if not rows:
        raise ScoresInvalid("The file has no scores, only a header.", 1)
    return ScoreTable(
        algorithms=tuple(columns[2].sorted()),
        metrics=tuple(columns[3].sorted()),
        tasks=_tasks(columns, np.array(values), np.array(rows)),
        problems=tuple(problems),
        digest=hashlib.sha256(data).hexdigest(),
    )


def number_of(text: str) -> tuple[float, str]:
    """Return the score and why there is none: NaN and a reason, or NaN alone for an empty text."""
    text = text.strip()
    if not text:
        return math.nan, ""
    reason = _WORDS.get(text.lower().lstrip("+-"), "")
    if not reason and (len(text) > LONGEST_NAME or not _NUMBER.fullmatch(text)):
        reason = "This is not a number; write digits with a point, such as 0.93 or 1e-3."
    number = math.nan if reason else float(text)
    if abs(number) > LARGEST:
        return math.nan, f"The number is larger than {LARGEST:g}: sums of such have no meaning."
    return number, reason


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise ScoresInvalid("The file is not UTF-8; save it as “CSV UTF-8”.", row) from None


def _rows(text: str) -> Iterator[tuple[int, tuple[str, str, str, str], str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    order: list[int] | None = None
    try:
        for fields in reader:
            row = reader.line_num
            if not fields:
                continue
            if order is None:
                order = _header(fields, row)
                continue
            if len(fields) != len(COLUMNS):
                raise ScoresInvalid(
                    f"There are {len(fields)} columns instead of {len(COLUMNS)}.", row
                )
            task, case, algorithm, metric, value = (fields[place] for place in order)
            yield row, (task, case, algorithm, metric), value
    except csv.Error as error:
        raise ScoresInvalid(f"This is not CSV: {error}.", reader.line_num) from None
    if order is None:
        raise ScoresInvalid(f"The file is empty; it begins with {','.join(COLUMNS)}.")


def _header(fields: list[str], row: int) -> list[int]:
    found = [name.strip().lower() for name in fields]
    for column in COLUMNS:
        if found.count(column) != 1:
            said = "is missing" if column not in found else "is there twice"
            raise ScoresInvalid(
                f"The column {said}; the header is {','.join(COLUMNS)}.", row, column
            )
    if len(found) != len(COLUMNS):
        extra = next(name for name in fields if name.strip().lower() not in COLUMNS)
        raise ScoresInvalid(f"The column is not known; leave it out: {extra[:40]!r}.", row)
    return [found.index(column) for column in COLUMNS]


class _Names:
    """A column of names: each is kept once, the rows have its number."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.numbers: dict[str, int] = {}
        self.rows = array("q")

    def add(self, name: str, row: int) -> None:
        """Append a name; raises `ScoresInvalid` when it is none."""
        number = self.numbers.get(name)
        if number is None:
            _check_name(name, row, self.column)
            number = self.numbers[name] = len(self.numbers)
        self.rows.append(number)

    def sorted(self) -> list[str]:
        """Return the names in their order."""
        return sorted(self.numbers)

    def in_order(self) -> Ints:
        """Return each row's place among the sorted names."""
        place = np.empty(len(self.numbers), dtype=np.int64)
        for at, name in enumerate(self.sorted()):
            place[self.numbers[name]] = at
        found: Ints = place[np.array(self.rows)]
        return found


def _check_name(name: str, row: int, column: str) -> None:
    if not name.strip():
        raise ScoresInvalid("The name is empty.", row, column)
    if name != name.strip():
        raise ScoresInvalid(f"There are spaces around the name {name[:40]!r}.", row, column)
    if len(name) > LONGEST_NAME:
        raise ScoresInvalid(f"The name is longer than {LONGEST_NAME} characters.", row, column)
    if not name.isprintable():
        raise ScoresInvalid("The name has characters that cannot be seen.", row, column)


def _tasks(columns: list[_Names], values: Floats, rows: Ints) -> dict[str, TaskScores]:
    names = [column.sorted() for column in columns]
    sizes = [len(found) for found in names]
    if math.prod(sizes) >= 1 << 62:
        raise ScoresInvalid("There are too many tasks, cases, algorithms and metrics.")
    places = [column.in_order() for column in columns]
    key = np.ravel_multi_index(tuple(places), tuple(sizes))
    order = np.argsort(key, kind="stable")
    _check_repeats(key[order], rows[order], names, sizes)
    ends = np.flatnonzero(np.diff(places[0][order])) + 1
    tasks: dict[str, TaskScores] = {}
    room = MOST_CELLS
    for part in np.split(order, ends):
        task = names[0][places[0][part[0]]]
        inside = [
            (of_column, column[part]) for of_column, column in zip(names, places, strict=True)
        ]
        tasks[task] = _task(task, inside[1:], values[part], room)
        room -= tasks[task].values.size
    return tasks


def _check_repeats(key: Ints, rows: Ints, names: list[list[str]], sizes: list[int]) -> None:
    """Raise `ScoresInvalid` for the first row that has a score already; ``key`` is sorted."""
    repeats = np.flatnonzero(key[1:] == key[:-1]) + 1
    if not len(repeats):
        return
    at = repeats[np.argmin(rows[repeats])]
    first = rows[np.searchsorted(key, key[at])]
    places = np.unravel_index(key[at], tuple(sizes))
    named = ", ".join(
        f"{column} “{found[int(place)]}”"
        for column, found, place in zip(NAMES, names, places, strict=True)
    )
    raise ScoresInvalid(f"{named} has a score in row {first} already.", int(rows[at]), "value")


def _task(
    task: str, columns: list[tuple[list[str], Ints]], values: Floats, room: int
) -> TaskScores:
    """Return one task from the names of its cases, algorithms and metrics, and each row's place.

    Most of an array may be empty, in hostile files nearly all: ``room`` is what is left for it.
    """
    found = [np.unique(places, return_inverse=True) for _, places in columns]
    cases, algorithms, metrics = (
        tuple(names[place] for place in present)
        for (names, _), (present, _) in zip(columns, found, strict=True)
    )
    if len(cases) * len(algorithms) * len(metrics) > room:
        raise ScoresInvalid(
            f"The task “{task}” has {len(cases)} cases, {len(algorithms)} algorithms and "
            f"{len(metrics)} metrics; all tasks together may have {MOST_CELLS:,} scores. Rank them "
            "in parts."
        )
    case, algorithm, metric = (inverse for _, inverse in found)
    scores = np.full((len(algorithms), len(cases), len(metrics)), np.nan)
    asked = np.zeros((len(cases), len(metrics)), dtype=np.bool_)
    scores[algorithm, case, metric] = values
    asked[case, metric] = True
    return TaskScores(task, algorithms, cases, metrics, scores, asked)
