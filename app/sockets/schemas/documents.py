"""Checking a whole file against a schema that somebody wrote, with more than one reason at once.

A file of JSON is one value. A file of CSV is a list of objects, one for each row by the names of
the header; a cell that reads as a number is one, and an empty cell is null.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.sockets.schemas.custom import TooManyChecks, UnusableSchema, first_errors
from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.plain import TooManyParts, check_plain
from app.sockets.schemas.wording import explained

MOST_FAULTS = 10
MOST_COLUMNS = 1000
MOST_STEPS = 1_000_000
"""Of checks and of parts: some five seconds of a processor, in which somebody waits at a page."""
ADVICE = "Hand in fewer rows, or ask the organizers for a simpler schema."
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,15})(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True)
class Fault:
    """What is wrong in a file; ``path`` such as ``[2].score`` is empty for the file as a whole."""

    path: str
    message: str


def faults_of_document(path: Path, *, form: str, schema: Mapping[str, Any] | None) -> list[Fault]:
    """Return the first faults of a file of the form "JSON" or "CSV".

    Parsers are at work here: use `faults_of_document_apart` for hostile bytes.
    """
    try:
        value = _READERS[form](_text(path))
        check_plain(value, most=MOST_STEPS)
        errors = (
            first_errors(value, schema, most=MOST_FAULTS, most_steps=MOST_STEPS) if schema else []
        )
    except TooManyParts as error:
        return [Fault("", f"The file has more than {error.most:,} values. {ADVICE}")]
    except InvalidValue as error:
        return [Fault(error.field, error.message)]
    except TooManyChecks:
        return [
            Fault("", f"By the schema the file takes more than {MOST_STEPS:,} checks. {ADVICE}")
        ]
    except UnusableSchema as error:
        return [Fault("", str(error))]
    return [Fault(field, message) for field, message in map(explained, errors)]


def _text(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(_ARCHIVES):
        raise InvalidValue(
            "The file is an archive, whatever its name says. Unpack it and hand in what is in it."
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise InvalidValue(f"The file is not UTF-8 text (byte {error.start}).") from error
    if text.startswith("\ufeff"):
        raise InvalidValue("The file begins with a byte order mark. Save it as UTF-8 without one.")
    if not text.strip():
        raise InvalidValue("The file is empty.")
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError as error:
        raise InvalidValue("The value is nested too deeply.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidValue(f"This is not JSON: {where}: {error.msg}.") from error
    except ValueError as error:  # a number of thousands of digits
        raise InvalidValue("This is not JSON that can be taken.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidValue(f"An object names “{name[:60]}” twice.")
        found[name] = value
    return found


def _csv(text: str) -> Any:
    rows: list[dict[str, Any]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader)
        _check_header(header)
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise InvalidValue(
                    f"Line {reader.line_num} has {len(row)} cells; the header has {len(header)}."
                )
            rows.append({name: _cell(cell) for name, cell in zip(header, row, strict=True)})
    except csv.Error as error:
        raise InvalidValue(f"This is not CSV: line {reader.line_num}: {error}.") from error
    return rows


def _check_header(header: list[str]) -> None:
    if not all(name.strip() for name in header):
        raise InvalidValue("The first line names the columns; one of the names is empty.")
    if len(header) > MOST_COLUMNS:
        raise InvalidValue(f"There are more than {MOST_COLUMNS} columns.")
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise InvalidValue(f"The column “{twice[:60]}” is there twice.")


def _cell(text: str) -> Any:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if any(char in text for char in ".eE") else int(text)


_READERS: Mapping[str, Callable[[str], Any]] = {"JSON": _json, "CSV": _csv}
