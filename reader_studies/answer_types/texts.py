"""Texts, and headings, which only stand between questions."""

from dataclasses import dataclass
from typing import Any

from reader_studies.answer_types.base import (
    AnswerType,
    InvalidAnswer,
    Rules,
    Setting,
    Widget,
    is_empty,
)
from reader_studies.answer_types.patterns import UnusablePattern, compile_pattern

LONGEST = 10_000


@dataclass(frozen=True, kw_only=True)
class _Text(AnswerType):
    def clean(self, raw: Any, rules: Rules) -> str | None:
        if is_empty(raw):
            return None
        if isinstance(raw, (dict, list)):
            raise InvalidAnswer("Please write a text.")
        text = str(raw).replace("\x00", "").replace("\r\n", "\n").strip()
        if not text:
            return None
        longest = min(rules.max_length or LONGEST, LONGEST)
        if len(text) > longest:
            raise InvalidAnswer(f"Please keep this under {longest + 1:,} letters.")
        if rules.min_length and len(text) < rules.min_length:
            raise InvalidAnswer(f"Please write at least {rules.min_length} letters.")
        if rules.pattern and not _has_form(text, rules.pattern):
            raise InvalidAnswer("Please write it in the form that the question asks for.")
        return text

    def agrees(self, value: Any, reference: Any) -> bool:
        return bool(str(value).casefold() == str(reference).casefold())


def _has_form(text: str, pattern: str) -> bool:
    try:
        return compile_pattern(pattern).found_in(text)
    except UnusablePattern as error:
        raise InvalidAnswer(str(error)) from error


@dataclass(frozen=True, kw_only=True)
class _Heading(AnswerType):
    def clean(self, raw: Any, rules: Rules) -> None:
        if not is_empty(raw):
            raise InvalidAnswer("A heading takes no answer.")


TYPES = (
    _Text(
        key="TEXT",
        label="Text",
        words="Text",
        description="A line or some paragraphs, with a length and a form if you like.",
        icon="type",
        widgets=(Widget.TEXT_AREA, Widget.TEXT_INPUT),
        settings=frozenset({Setting.LENGTH}),
        sockets=("STR",),
    ),
    _Heading(
        key="HEAD",
        label="Heading",
        words="Heading",
        description="Words between questions; nothing is answered.",
        icon="type",
        answerable=False,
    ),
)
