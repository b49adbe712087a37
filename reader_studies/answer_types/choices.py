"""Yes or no, one of several options, any number of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reader_studies.answer_types.base import (
    AnswerType,
    InvalidAnswer,
    Rules,
    Setting,
    Summary,
    Widget,
    is_empty,
)

_YES_NO = {"true": True, "yes": True, "false": False, "no": False}
_MOST = 1000


@dataclass(frozen=True, kw_only=True)
class _YesNo(AnswerType):
    def clean(self, raw: Any, rules: Rules) -> bool | None:
        if is_empty(raw):
            return None
        try:
            return _YES_NO[str(raw)[:10].strip().lower()]
        except KeyError:
            raise InvalidAnswer("Please choose yes or no.") from None

    def shown(self, value: Any, rules: Rules) -> str:
        return "yes" if value else "no"


@dataclass(frozen=True, kw_only=True)
class _Choice(AnswerType):
    def clean(self, raw: Any, rules: Rules) -> int | None:
        if is_empty(raw):
            return None
        key = _key(raw, rules)
        if key is None:
            raise InvalidAnswer("Please choose one of the options.")
        return key

    def shown(self, value: Any, rules: Rules) -> str:
        return _titles(rules).get(value, f"option {value}")

    def from_cell(self, cell: str, rules: Rules) -> int | None:
        title = cell.strip()
        return _key_of(title, rules) if title else None


@dataclass(frozen=True, kw_only=True)
class _Choices(AnswerType):
    def clean(self, raw: Any, rules: Rules) -> list[int] | None:
        if is_empty(raw):
            return None
        given = raw if isinstance(raw, list) else [raw]
        keys = {_key(one, rules) for one in given[:_MOST]}
        if None in keys or len(given) > _MOST:
            raise InvalidAnswer("Please choose among the options.")
        return [option.key for option in rules.options if option.key in keys]

    def shown(self, value: Any, rules: Rules) -> str:
        titles = _titles(rules)
        return "; ".join(titles.get(key, f"option {key}") for key in value)

    def to_cell(self, value: Any, rules: Rules) -> object:
        """Write titles with semicolons between; as a JSON list where a title has one itself."""
        titles = _titles(rules)
        chosen = [titles.get(key, str(key)) for key in value]
        if any(";" in title or title.startswith("[") for title in chosen):
            return json.dumps(chosen, ensure_ascii=False)
        return "; ".join(chosen)

    def from_cell(self, cell: str, rules: Rules) -> list[int] | None:
        text = cell.strip()
        if not text:
            return None
        titles = _listed(text) if text.startswith("[") else text.split(";")
        keys = {_key_of(title.strip(), rules) for title in titles if title.strip()}
        return [option.key for option in rules.options if option.key in keys] or None

    def agrees(self, value: Any, reference: Any) -> bool:
        return set(value) == set(reference)

    def categories(self, value: Any) -> Sequence[Any]:
        return list(value)

    def count(self, value: Any) -> int:
        return len(value)


def _key(raw: Any, rules: Rules) -> int | None:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return next((option.key for option in rules.options if option.key == raw), None)
    if not isinstance(raw, str):
        return None
    return next((option.key for option in rules.options if str(option.key) == raw.strip()), None)


def _key_of(title: str, rules: Rules) -> int:
    for option in rules.options:
        if option.title == title:
            return option.key
    for option in rules.options:
        if option.title.casefold() == title.casefold():
            return option.key
    known = ", ".join(f"“{option.title}”" for option in rules.options[:10])
    raise InvalidAnswer(f"“{title[:60]}” is none of the options; they are {known}.")


def _titles(rules: Rules) -> dict[int, str]:
    return {option.key: option.title for option in rules.options}


def _listed(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(title, str) for title in found):
        raise InvalidAnswer('Write options as “one; two”, or as a JSON list ["one", "two"].')
    return found


TYPES = (
    _YesNo(
        key="BOOL",
        label="Bool",
        words="Yes or no",
        description="Yes or no.",
        icon="toggle-right",
        sockets=("BOOL",),
        summary=Summary.CATEGORIES,
    ),
    _Choice(
        key="CHOI",
        label="Choice",
        words="Choice",
        description="One of several options.",
        icon="circle-dot",
        widgets=(Widget.RADIO, Widget.SELECT),
        settings=frozenset({Setting.OPTIONS}),
        sockets=("CHOI",),
        summary=Summary.CATEGORIES,
    ),
    _Choices(
        key="MCHO",
        label="Multiple choice",
        words="Multiple choice",
        description="Any number of several options.",
        icon="list-checks",
        widgets=(Widget.CHECKBOXES, Widget.SELECT_MULTIPLE),
        settings=frozenset({Setting.OPTIONS}),
        sockets=("MCHO",),
        summary=Summary.CATEGORIES,
        several=True,
    ),
)
