"""Answers that are drawn in the picture: geometry in LPS millimetres, as socket kinds say it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.sockets.schemas import InvalidValue, SocketKind, get_kind, validate_value
from reader_studies.answer_types.base import (
    AnswerType,
    InvalidAnswer,
    Rules,
    Setting,
    Summary,
    Widget,
    is_empty,
)

MOST_SHOWN = 5
KEYS = (
    *("2DBB", "M2DB", "DIST", "MDIS", "POIN", "MPOI", "POLY", "MPOL"),
    *("LINE", "MLIN", "ANGL", "MANG", "ELLI", "MELL", "3ANG", "M3AN"),
)


@dataclass(frozen=True, kw_only=True)
class _Drawing(AnswerType):
    kind: SocketKind

    def clean(self, raw: Any, rules: Rules) -> dict[str, Any] | None:
        if is_empty(raw):
            return None
        value = _parsed(raw) if isinstance(raw, str) else raw
        try:
            validate_value(value, kind=self.key)
        except InvalidValue as error:
            raise InvalidAnswer(f"This is no {self.label}: {error}") from error
        return value if self.count(value) else None

    def shown(self, value: Any, rules: Rules) -> str:
        """Return the measures of the objects; where they are, the picture shows better."""
        objects = self._objects(value)
        measure = self.kind.measure
        words = [_word(found, measure(found) if measure else "") for found in objects[:MOST_SHOWN]]
        words = [word for word in words if word]
        left_out = len(objects) - MOST_SHOWN
        if left_out > 0 and words:
            words.append(f"and {left_out} more")
        count = f"{len(objects)} drawn" if self.kind.objects else "drawn"
        return f"{count}: {'; '.join(words)}" if words else count

    def to_cell(self, value: Any, rules: Rules) -> object:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    def agrees(self, value: Any, reference: Any) -> None:
        return None

    def count(self, value: Any) -> int:
        return len(self._objects(value))

    def _objects(self, value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return list(value[self.kind.objects]) if self.kind.objects else [value]


def _word(found: Mapping[str, Any], measured: str) -> str:
    name = str(found.get("name") or "")[:40]
    return f"{name} {measured}".strip()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidAnswer("Please draw this in the picture.") from None


def _type_of(key: str) -> AnswerType:
    kind = get_kind(key)
    many = bool(kind.objects)
    return _Drawing(
        key=key,
        label=kind.label,
        words=kind.label,
        description=kind.description,
        icon=kind.icon,
        widgets=(Widget.ACCEPT_REJECT,) if many else (),
        settings=frozenset({Setting.DRAWING}),
        sockets=(key,),
        summary=Summary.OBJECTS,
        drawn=True,
        kind=kind,
    )


TYPES = tuple(_type_of(key) for key in KEYS)
