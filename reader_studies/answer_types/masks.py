"""Masks: an image of labels on the grid of an image of the case."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from reader_studies.answer_types.base import (
    AnswerType,
    InvalidAnswer,
    Rules,
    Setting,
    Summary,
    is_empty,
)

SOURCES = ("image", "mask")


@dataclass(frozen=True, kw_only=True)
class _Mask(AnswerType):
    def clean(self, raw: Any, rules: Rules) -> dict[str, str] | None:
        """Return ``{"image": key}`` or ``{"mask": key}``; whether there is one, its door says."""
        if is_empty(raw):
            return None
        value = _parsed(raw) if isinstance(raw, str) else raw
        if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in SOURCES:
            raise InvalidAnswer("Please draw this in the picture, or name the image of the mask.")
        [(source, key)] = value.items()
        if key is None:
            return None
        try:
            return {source: str(UUID(str(key)[:100]))}
        except ValueError:
            raise InvalidAnswer("This is no key of an image.") from None

    def shown(self, value: Any, rules: Rules) -> str:
        return "a mask"

    def to_cell(self, value: Any, rules: Rules) -> object:
        return next(iter(value.values()))

    def from_cell(self, cell: str, rules: Rules) -> dict[str, str] | None:
        return self.clean({"image": cell.strip()} if cell.strip() else None, rules)

    def agrees(self, value: Any, reference: Any) -> None:
        return None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {"image": text}


TYPES = (
    _Mask(
        key="MASK",
        label="Mask",
        words="Mask",
        description="Voxels that are painted, one label each.",
        icon="blend",
        settings=frozenset({Setting.DRAWING, Setting.SEGMENTS}),
        sockets=("SEG",),
        summary=Summary.OBJECTS,
        drawn=True,
    ),
)
