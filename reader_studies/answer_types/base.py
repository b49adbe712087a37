"""What a type of answer is: how it is checked, compared, and written for people and tables."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any


class InvalidAnswer(ValueError):
    """An answer that a question does not take; the message is for people."""


class Widget(StrEnum):
    """How an answer is entered, by the words of the public API."""

    TEXT_INPUT = "Text Input"
    TEXT_AREA = "Text Area"
    NUMBER_INPUT = "Number Input"
    NUMBER_RANGE = "Number Range"
    SELECT = "Select"
    RADIO = "Radio Select"
    SELECT_MULTIPLE = "Select Multiple"
    CHECKBOXES = "Checkbox Select Multiple"
    ACCEPT_REJECT = "Accept/Reject Findings"


class Setting(StrEnum):
    """A group of a question's fields that only some types have."""

    RANGE = "range"
    LENGTH = "length"
    OPTIONS = "options"
    DRAWING = "drawing"
    SEGMENTS = "segments"


class Summary(StrEnum):
    """How many answers become one picture in the statistics."""

    NONE = "none"
    NUMBERS = "numbers"
    CATEGORIES = "categories"
    OBJECTS = "objects"


@dataclass(frozen=True)
class Option:
    """One option of a choice; answers name its key."""

    key: int
    title: str
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What one question asks of its answers."""

    minimum: float | None = None
    maximum: float | None = None
    step: Decimal | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    options: Sequence[Option] = ()


NO_RULES = Rules()


@dataclass(frozen=True, kw_only=True)
class AnswerType(ABC):
    """One type of answer.

    ``key`` and ``label`` are those of the public API, ``words`` what people read. ``settings`` are
    the fields of a question that mean something, ``sockets`` the kinds of sockets whose values can
    be where an answer starts. What is ``drawn`` is answered in the picture; ``several`` says that
    an answer names any number of options.
    """

    key: str
    label: str
    words: str
    description: str = ""
    icon: str = "circle-help"
    widgets: tuple[Widget, ...] = ()
    settings: frozenset[Setting] = frozenset()
    sockets: tuple[str, ...] = ()
    summary: Summary = Summary.NONE
    answerable: bool = True
    drawn: bool = False
    several: bool = False

    @abstractmethod
    def clean(self, raw: Any, rules: Rules) -> Any:
        """Return an answer in its stored form, ``None`` if it is empty; or raise `InvalidAnswer`.

        ``raw`` is JSON of a program or the text of a form.
        """

    def shown(self, value: Any, rules: Rules) -> str:
        """Return a stored answer as one line for people."""
        return str(value)

    def to_cell(self, value: Any, rules: Rules) -> object:
        """Return a stored answer as the cell of a table; `from_cell` reads it."""
        return self.shown(value, rules)

    def from_cell(self, cell: str, rules: Rules) -> Any:
        """Return the answer that a table's cell holds; like `clean`."""
        return self.clean(cell, rules)

    def agrees(self, value: Any, reference: Any) -> bool | None:
        """Tell whether an answer equals the reference; ``None`` where equality says nothing."""
        return bool(value == reference)

    def categories(self, value: Any) -> Sequence[Any]:
        """Return the categories that an answer counts for."""
        return [value]

    def count(self, value: Any) -> int:
        """Return how many objects an answer holds."""
        return 1


def is_empty(raw: Any) -> bool:
    """Tell whether something given is no answer, whatever the type."""
    return raw is None or (isinstance(raw, str) and not raw.strip()) or raw in ([], {})


def decimal_text(value: float | Decimal) -> str:
    """Return a number as people write it."""
    return f"{value:.15g}" if isinstance(value, float) else f"{value.normalize():f}"
