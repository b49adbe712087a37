"""What a JSON Schema's refusal says to people, and where in the value it is."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from jsonschema.exceptions import ValidationError

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_MESSAGES: dict[str, Callable[[Any], str]] = {
    "type": lambda rule: f"must be {_one_of(_TYPES.get(t, t) for t in _listed(rule))}",
    "enum": lambda rule: f"must be {_one_of(map(_shown, rule))}",
    "const": lambda rule: f"must be {_shown(rule)}",
    "minimum": lambda rule: f"must be at least {rule}",
    "maximum": lambda rule: f"must be at most {rule}",
    "exclusiveMinimum": lambda rule: f"must be more than {rule}",
    "exclusiveMaximum": lambda rule: f"must be less than {rule}",
    "multipleOf": lambda rule: f"must be a multiple of {rule}",
    "minLength": lambda rule: f"must have at least {rule} letters",
    "maxLength": lambda rule: f"must have at most {rule} letters",
    "minItems": lambda rule: f"must have at least {rule} items",
    "maxItems": lambda rule: f"must have at most {rule} items",
    "uniqueItems": lambda rule: "must not have the same item twice",
}
LONGEST_PATH = 200


def explained(error: ValidationError) -> tuple[str, str]:
    """Return the field that is wrong and what it must be; neither quotes a long value."""
    field = path_of(error.absolute_path)
    rule: Any = error.validator_value
    value: Any = error.instance
    if error.validator == "required":
        missing = next(name for name in rule if name not in value)
        return _joined(field, missing), "is missing"
    if error.validator == "additionalProperties" and rule is False:
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        unknown = next(name for name in value if name not in known)
        names = ", ".join(list(known)[:20]) or "none"
        return _joined(field, unknown), f"is not known here; known are {names}"
    words = _MESSAGES.get(str(error.validator))
    return field, words(rule)[:300] if words else "does not fit the schema"


def path_of(parts: Iterable[Any]) -> str:
    """Return a path such as ``points[2].x``."""
    text = ""
    for part in parts:
        text = f"{text}[{part}]" if isinstance(part, int) else _joined(text, str(part))
    return text[:LONGEST_PATH]


def _joined(path: str, name: str) -> str:
    return (f"{path}.{name}" if path else name)[:LONGEST_PATH]


def _listed(rule: Any) -> list[str]:
    return [rule] if isinstance(rule, str) else list(rule)


def _one_of(words: Iterable[str]) -> str:
    chosen = list(words)
    if len(chosen) == 1:
        return chosen[0]
    return f"one of {', '.join(chosen[:20])}" + (" …" if len(chosen) > 20 else "")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"“{value}”"[:60] if isinstance(value, str) else text[:60]
