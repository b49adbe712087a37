"""Reading ``scores.csv``: ``task,case,algorithm,metric,value``, one row for each score.

The file may come from anywhere: every refusal names the row (line 1 is the header) and the column.
"""

import csv
import hashlib
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.challenges.ranking.table import Problem, ScoreTable, TaskScores

COLUMNS = ("task", "case", "algorithm", "metric", "value")
NAMES = COLUMNS[:-1]
LONGEST_NAME = 200
LARGEST = 1e30
MOST_BYTES = 1 << 30
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

Key = tuple[str, str, str, str]


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
    values: dict[Key, float] = {}
    rows: dict[Key, int] = {}
    problems: list[Problem] = []
    for row, key, text in _rows(_decoded(data)):
        if key in rows:
            named = ", ".join(f"{column} “{name}”" for column, name in zip(NAMES, key, strict=True))
            raise ScoresInvalid(f"{named} has a score in row {rows[key]} already.", row, "value")
        rows[key] = row
        number, reason = number_of(text)
        values[key] = number
        if reason:
            problems.append(Problem(row, *key, text=text[:40], reason=reason))
    if not rows:
        raise ScoresInvalid("The file has no scores, only a header.", 1)
    return _table(values, tuple(problems), hashlib.sha256(data).hexdigest())


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


def _rows(text: str) -> Iterator[tuple[int, Key, str]]:
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
            key = (task, case, algorithm, metric)
            for column, name in zip(NAMES, key, strict=True):
                _check_name(name, row, column)
            yield row, key, value
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


def _check_name(name: str, row: int, column: str) -> None:
    if not name.strip():
        raise ScoresInvalid("The name is empty.", row, column)
    if name != name.strip():
        raise ScoresInvalid(f"There are spaces around the name {name[:40]!r}.", row, column)
    if len(name) > LONGEST_NAME:
        raise ScoresInvalid(f"The name is longer than {LONGEST_NAME} characters.", row, column)
    if not name.isprintable():
        raise ScoresInvalid("The name has characters that cannot be seen.", row, column)


def _table(values: dict[Key, float], problems: tuple[Problem, ...], digest: str) -> ScoreTable:
    by_task: dict[str, list[Key]] = {}
    for key in values:
        by_task.setdefault(key[0], []).append(key)
    return ScoreTable(
        algorithms=tuple(sorted({key[2] for key in values})),
        metrics=tuple(sorted({key[3] for key in values})),
        tasks={task: _task(task, by_task[task], values) for task in sorted(by_task)},
        problems=problems,
        digest=digest,
    )


def _task(task: str, keys: list[Key], values: dict[Key, float]) -> TaskScores:
    cases, algorithms, metrics = (sorted({key[part] for key in keys}) for part in (1, 2, 3))
    if len(cases) * len(algorithms) * len(metrics) > MOST_CELLS:
        raise ScoresInvalid(
            f"The task “{task}” has {len(cases)} cases, {len(algorithms)} algorithms and "
            f"{len(metrics)} metrics: more than {MOST_CELLS:,} scores. Rank it in parts."
        )
    place = [{name: at for at, name in enumerate(names)} for names in (cases, algorithms, metrics)]
    scores = np.full((len(algorithms), len(cases), len(metrics)), np.nan)
    asked = np.zeros((len(cases), len(metrics)), dtype=np.bool_)
    for key in keys:
        case, algorithm, metric = (place[part][key[part + 1]] for part in range(3))
        scores[algorithm, case, metric] = values[key]
        asked[case, metric] = True
    return TaskScores(task, tuple(algorithms), tuple(cases), tuple(metrics), scores, asked)
