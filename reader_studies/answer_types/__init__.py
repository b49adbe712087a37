"""The types of answers that a question can ask for; imports no Django.

Keys and labels are those of the public grand-challenge API, because clients exist. A new type is a
file here and its name in the list below.
"""

from collections.abc import Mapping

from reader_studies.answer_types import choices, drawings, masks, numbers, texts
from reader_studies.answer_types.base import (
    NO_RULES,
    AnswerType,
    InvalidAnswer,
    Option,
    Rules,
    Setting,
    Summary,
    Widget,
    decimal_text,
    is_empty,
)
from reader_studies.answer_types.patterns import UnusablePattern, compile_pattern

_FAMILIES = (texts, numbers, choices, drawings, masks)
ANSWER_TYPES: Mapping[str, AnswerType] = {
    found.key: found for family in _FAMILIES for found in family.TYPES
}


def get_answer_type(key: str) -> AnswerType:
    """Return the type with this key; raise ``KeyError`` for an unknown one."""
    return ANSWER_TYPES[key]


__all__ = [
    "ANSWER_TYPES",
    "NO_RULES",
    "AnswerType",
    "InvalidAnswer",
    "Option",
    "Rules",
    "Setting",
    "Summary",
    "UnusablePattern",
    "Widget",
    "compile_pattern",
    "decimal_text",
    "get_answer_type",
    "is_empty",
]
