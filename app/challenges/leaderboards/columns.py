"""The columns that organizers choose for a phase's leaderboard, beside rank, entrant and score.

A phase keeps them as a list of documents; `read_columns` is the only way in.
"""

import math
import re
from dataclasses import asdict, dataclass
from typing import Any

from app.challenges.leaderboards.shown_scores import DECIMALS, round_to
from app.challenges.models import Evaluation, Phase
from app.challenges.models.phase import SCORE_PATH

MOST = 8
MOST_TITLE = 60
MOST_PATH = 200
MOST_DECIMALS = 9
MISSING = "This result has no number here."
_WORDS = {"higher": Phase.Direction.HIGHER, "lower": Phase.Direction.LOWER}
_SYNTAX = "Write title; path; higher or lower; decimals, such as HD95 (mm); aggregates.hd95; lower."


class ColumnInvalid(ValueError):
    """A column cannot be read; the message says which, and what to write."""


@dataclass(frozen=True)
class Column:
    """A further number of each result; without ``decimals`` it is shown as scores are."""

    title: str
    path: str
    direction: str
    decimals: int | None = None

    @property
    def line(self) -> str:
        """The column as organizers write it."""
        end = "" if self.decimals is None else f"; {self.decimals}"
        return f"{self.title}; {self.path}; {self.direction.lower()}{end}"

    @property
    def words(self) -> str:
        """The column in words."""
        plural = "" if self.decimals == 1 else "s"
        shown = "" if self.decimals is None else f", {self.decimals} decimal{plural}"
        return f"“{self.title}” ({self.path}, {self.direction.lower()} is better{shown})"

    @property
    def better(self) -> str:
        """Which of its values are better."""
        return Phase.Direction(self.direction).label


@dataclass(frozen=True)
class Cell:
    """What a result has in one column: the number, the whole number, and how it is written."""

    column: Column
    shown: float | None
    full: float | None
    decimals: int


def read_columns(text: str) -> list[Column]:
    """Return the columns of ``text``, one to a line; raises `ColumnInvalid`."""
    found: list[Column] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            column = _read_line(line)
        except ColumnInvalid as error:
            raise ColumnInvalid(f"Line {number}: {error}") from None
        if column.title.casefold() in {one.title.casefold() for one in found}:
            raise ColumnInvalid(f"Line {number}: “{column.title}” is there already.")
        found.append(column)
    if len(found) > MOST:
        raise ColumnInvalid(f"There are {len(found)} columns; {MOST} fit. Leave some out.")
    return found


def documents_of(columns: list[Column]) -> list[dict[str, Any]]:
    """Return the columns as a phase keeps them."""
    return [asdict(column) for column in columns]


def columns_of(phase: Phase) -> list[Column]:
    """Return the columns of a phase in their order."""
    return [Column(**document) for document in phase.leaderboard_columns]


def cells_of(row: Evaluation, phase: Phase) -> list[Cell]:
    """Return what a row of `selectors.leaderboard_for` has in each column."""
    values = vars(row)
    return [
        _cell(column, values.get(f"column_{number}"), phase)
        for number, column in enumerate(columns_of(phase))
    ]


def _read_line(line: str) -> Column:
    title, *parts = (part.strip() for part in line.split(";"))
    if not title or len(parts) not in {2, 3}:
        raise ColumnInvalid(_SYNTAX)
    path, direction, decimals = [*parts, ""][:3]
    if len(title) > MOST_TITLE:
        raise ColumnInvalid(f"The title may have {MOST_TITLE} characters.")
    if not re.fullmatch(SCORE_PATH.regex, path) or len(path) > MOST_PATH:
        said = f"“{path[:MOST_TITLE]}” is no path into metrics.json. Write keys separated by dots"
        raise ColumnInvalid(f"{said}, such as aggregates.dice.mean.")
    if direction.lower() not in _WORDS:
        raise ColumnInvalid(f"Which values of “{title}” are better? Write higher or lower.")
    return Column(title, path, str(_WORDS[direction.lower()]), _read_decimals(decimals))


def _read_decimals(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch("[0-9]", text):
        raise ColumnInvalid(f"Decimals are a number from 0 to {MOST_DECIMALS}, or left out.")
    return int(text)


def _cell(column: Column, value: Any, phase: Phase) -> Cell:
    """Return the cell; no column has more decimals than the phase gives out of scores."""
    given = [one for one in (column.decimals, phase.score_decimals) if one is not None]
    full = _number(value)
    shown = round_to(full, min(given)) if given else full
    return Cell(column, shown, full, min(given, default=DECIMALS))


def _number(value: Any) -> float | None:
    """Return a finite number; whatever else a container wrote is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None
