"""Questions that whoever asks for access answers. Imports no Django.

An object's owners write them; an answer is checked against the question's JSON schema
(https://json-schema.org/draft/2020-12), the same from the page and over the API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

MOST_SHORT, MOST_LONG = 200, 5000


@dataclass(frozen=True)
class Question:
    """One question; ``options`` are what may be chosen, and ``agree`` wants a yes."""

    key: str
    text: str
    help_text: str = ""
    required: bool = True
    options: tuple[str, ...] = ()
    long: bool = False
    agree: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """What an answer looks like, as JSON schema."""
        if self.agree:
            return {"const": True} if self.required else {"type": "boolean"}
        if self.options:
            return {"enum": list(self.options)}
        most = MOST_LONG if self.long else MOST_SHORT
        return {"type": "string", "minLength": 1, "maxLength": most}

    @property
    def complaint(self) -> str:
        """What to do where an answer does not fit."""
        if self.agree:
            return "You have to agree to this." if self.required else "Answer true or false."
        if self.options:
            return f"Choose one of: {', '.join(self.options)}."
        return f"Answer in words, with at most {MOST_LONG if self.long else MOST_SHORT} characters."


class AnswersInvalid(ValueError):
    """Some answers are missing or do not fit; ``problems`` are by the question's key."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__("Some answers are missing or do not fit.")
        self.problems = problems


def checked_answers(questions: Sequence[Question], given: Any) -> list[dict[str, Any]]:
    """Return the answers with the questions as they were asked; raises `AnswersInvalid`."""
    if not isinstance(given, Mapping):
        raise AnswersInvalid({"answers": ["Give an object with an answer for each question."]})
    known = {question.key for question in questions}
    problems = {str(key)[:100]: ["There is no such question."] for key in given if key not in known}
    answers = []
    for question in questions:
        answer = _plain(given.get(question.key))
        if answer in (None, "") or (answer is False and question.agree):
            if question.required:
                problems[question.key] = [question.complaint if question.agree else "Answer this."]
        elif not Draft202012Validator(question.schema).is_valid(answer):
            problems[question.key] = [question.complaint]
        else:
            answers.append({"key": question.key, "question": question.text, "answer": answer})
    if problems:
        raise AnswersInvalid(problems)
    return answers


def _plain(answer: Any) -> Any:
    return answer.replace("\x00", "").strip() if isinstance(answer, str) else answer
