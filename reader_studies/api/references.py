"""The reference standard as clients of the public API know it."""

from typing import Any

from reader_studies.models import DisplaySet
from reader_studies.selectors import questions_of, references_of


def shown_references(display_set: DisplaySet) -> dict[str, dict[str, Any]]:
    """Return what is right about a display set, by question id."""
    references = references_of(display_set)
    shown = {}
    for question in questions_of(display_set.study):
        answer = references.get(question.pk)
        if answer is None:
            continue
        content, rules = answer.content, question.rules
        shown[str(question.pk)] = {
            "answer": content,
            "answer_text": "" if content is None else question.answer_type.shown(content, rules),
            "question_text": question.text,
            "options": {option.key: option.title for option in rules.options},
            "explanation": answer.explanation,
        }
    return shown
