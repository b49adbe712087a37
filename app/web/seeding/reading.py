"""From the bytes of a seed file to its entries, with every complaint at its place."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.web.seeding.document_uses import SeedFile, path_of

LARGEST_FILE = 64 * 2**20  # bytes
LARGEST_NUMBER = 1e300
DEEPEST = 80


@dataclass(frozen=True)
class Problem:
    """Something about the file that cannot be; ``path`` says where, empty for the whole."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class UnusableSeed(Exception):
    """A seed file that cannot be followed; nothing was written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_seed(path: Path) -> SeedFile:
    """Return the entries of a seed file, or raise `UnusableSeed` with all complaints."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UnusableSeed([Problem("", f"The file is larger than {LARGEST_FILE >> 20} MiB.")])
        content = path.read_bytes()
    except OSError as error:
        words = f"The file cannot be read: {error.strerror or error}."
        raise UnusableSeed([Problem("", words)]) from None
    _check_json(content)
    try:
        return SeedFile.model_validate_json(content)
    except ValidationError as error:
        raise UnusableSeed(
            Problem(path_of(one["loc"]), one["msg"].removeprefix("Value error, "))
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ) from None


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of seed files."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **SeedFile.model_json_schema(),
    }


def _check_json(content: bytes) -> None:
    """Refuse what JSON parsers disagree on, and what the database cannot hold."""
    try:
        document = json.loads(
            content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except RecursionError:
        raise UnusableSeed([Problem("", "The file is nested too deeply.")]) from None
    except ValueError as error:
        raise UnusableSeed([Problem("", f"This is not JSON: {str(error)[:300]}.")]) from None
    problems = list(_odd_values(document, path=()))
    if problems:
        raise UnusableSeed(problems[:100])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"“{twice[:100]}” is given twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _odd_values(node: Any, *, path: tuple[Any, ...]) -> Iterable[Problem]:
    if len(path) > DEEPEST:
        yield Problem(path_of(path[:8]), f"This is nested deeper than {DEEPEST} levels.")
        return
    if isinstance(node, str) and not _storable(node):
        yield Problem(path_of(path), "The text has characters that cannot be stored.")
    elif isinstance(node, (int, float)) and not _usable(node):
        yield Problem(path_of(path), "The number is too large.")
    elif isinstance(node, dict):
        for name, child in node.items():
            if not _storable(name):
                yield Problem(path_of(path), "A name has characters that cannot be stored.")
            else:
                yield from _odd_values(child, path=(*path, name))
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from _odd_values(child, path=(*path, number))


def _usable(number: float) -> bool:
    return isinstance(number, bool) or (
        math.isfinite(number) if isinstance(number, float) else abs(number) <= LARGEST_NUMBER
    )


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
