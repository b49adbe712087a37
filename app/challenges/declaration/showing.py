"""Answers of a design as people read them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.challenges.declaration.items import SECTIONS, Item, Kind
from app.challenges.ranking.words import plan_words


@dataclass(frozen=True)
class Answer:
    """One item with its answer in words: ``lines`` are paragraphs, ``data`` is JSON to show."""

    item: Item
    lines: tuple[str, ...]
    data: str = ""


@dataclass(frozen=True)
class Part:
    """A section's answers."""

    key: str
    title: str
    answers: tuple[Answer, ...]


def answers_of(document: Mapping[str, Any]) -> list[Part]:
    """Return the answers that a checked design gives, by section; empty sections are left out."""
    parts = []
    for section in SECTIONS:
        given = tuple(
            answer_to(item, document[item.name]) for item in section.items if item.name in document
        )
        if given:
            parts.append(Part(section.key, section.title, given))
    return parts


def answer_to(item: Item, value: Any) -> Answer:
    """Return one answer in words."""
    if item.kind is Kind.METRICS:
        return Answer(item, tuple(f"{one['name']}: {one['reason']}" for one in value))
    if item.kind is Kind.PLAN:
        shown = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
        return Answer(item, tuple(plan_words(value)), shown)
    return Answer(item, tuple(str(value).splitlines()))


def text_of(item: Item, value: Any) -> str:
    """Return an answer as one text, or nothing where there is none; a plan is its JSON."""
    if value is None:
        return ""
    answer = answer_to(item, value)
    return answer.data or "\n".join(answer.lines)
