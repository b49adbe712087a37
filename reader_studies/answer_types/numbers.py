"""Numbers, with a range and a step."""

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from reader_studies.answer_types.base import (
    AnswerType,
    InvalidAnswer,
    Rules,
    Setting,
    Summary,
    Widget,
    decimal_text,
    is_empty,
)

LARGEST = 1e15
"""The largest number, and without its sign the smallest: beyond, sums and steps are not exact."""
_LONGEST = 64
_NO_NUMBER = "Please enter a number."


@dataclass(frozen=True, kw_only=True)
class _Number(AnswerType):
    def clean(self, raw: Any, rules: Rules) -> float | None:
        if is_empty(raw):
            return None
        number = _number(raw)
        if rules.minimum is not None and number < rules.minimum:
            raise InvalidAnswer(f"The smallest allowed number is {rules.minimum:g}.")
        if rules.maximum is not None and number > rules.maximum:
            raise InvalidAnswer(f"The largest allowed number is {rules.maximum:g}.")
        if rules.step:
            _check_step(number, rules.minimum or 0.0, rules.step)
        return number

    def shown(self, value: Any, rules: Rules) -> str:
        return decimal_text(float(value))

    def to_cell(self, value: Any, rules: Rules) -> object:
        """Stay a number: as a text, a negative one would look like a formula."""
        return value


def _number(raw: Any) -> float:
    """Read a number as people write it: a comma may part the fraction."""
    if isinstance(raw, (bool, dict, list)):
        raise InvalidAnswer(_NO_NUMBER)
    try:
        number = float(raw) if isinstance(raw, (int, float)) else _read(str(raw).strip())
    except (ValueError, OverflowError):
        raise InvalidAnswer(_NO_NUMBER) from None
    if not math.isfinite(number):
        raise InvalidAnswer(_NO_NUMBER)
    if abs(number) > LARGEST:
        raise InvalidAnswer("Please enter a number between -1e15 and 1e15.")
    return number


def _read(text: str) -> float:
    return float(text.replace(",", ".")) if len(text) <= _LONGEST else math.nan


def _check_step(number: float, start: float, step: Decimal) -> None:
    """Compare in decimals: 0.3 is three steps of 0.1, which binary numbers do not say."""
    try:
        beyond = (Decimal(repr(number)) - Decimal(repr(start))) % step
        beside = _beside(number, beyond, step) if beyond else ""
    except InvalidOperation:
        raise InvalidAnswer(
            "This question's steps cannot be counted from its smallest number; tell its editors."
        ) from None
    if beside:
        since = f" from {start:g}" if start else ""
        raise InvalidAnswer(
            f"Numbers go in steps of {decimal_text(step)}{since}; the ones beside it are {beside}."
        )


def _beside(number: float, beyond: Decimal, step: Decimal) -> str:
    below = Decimal(repr(number)) - (beyond if beyond > 0 else step + beyond)
    return f"{decimal_text(below)} and {decimal_text(below + step)}"


TYPES = (
    _Number(
        key="NUMB",
        label="Number",
        words="Number",
        description="A number, within a range and in steps if you like.",
        icon="hash",
        widgets=(Widget.NUMBER_INPUT, Widget.NUMBER_RANGE),
        settings=frozenset({Setting.RANGE}),
        sockets=("FLT", "INT"),
        summary=Summary.NUMBERS,
    ),
)
