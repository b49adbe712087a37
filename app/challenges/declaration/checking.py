"""From a document that somebody sent to a design that can be kept."""

import hashlib
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from app.challenges.declaration.items import (
    ITEMS,
    MOST_CHARACTERS,
    MOST_COUNT,
    MOST_METRICS,
    VERSION,
    Kind,
    Level,
    items_of,
)
from app.challenges.ranking import PlanInvalid, parse_plan
from app.challenges.ranking.canonical import canonical_json

MOST_BYTES = 1 << 20
_TEXT = {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS, "pattern": r"^[^\x00]*$"}
_SCHEMAS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: _TEXT,
    Kind.COUNT: {"type": "integer", "minimum": 0, "maximum": MOST_COUNT},
    Kind.METRICS: {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_METRICS,
        "items": {
            "type": "object",
            "required": ["name", "reason"],
            "additionalProperties": False,
            "properties": {"name": {**_TEXT, "maxLength": 200}, "reason": _TEXT},
        },
    },
    Kind.PLAN: {"type": "object"},
}


class DesignInvalid(Exception):
    """A design that cannot be kept; ``problems`` maps an item's name to what is wrong with it."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{name}: {said[0]}" for name, said in problems.items()))


def schema_of(level: Level) -> dict[str, Any]:
    """Return the JSON Schema of a design."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Declared design of a {level.value}",
        "type": "object",
        "required": ["version"],
        "additionalProperties": False,
        "properties": {
            "version": {"const": VERSION},
            **{item.name: {"title": item.label} | _SCHEMAS[item.kind] for item in items_of(level)},
        },
    }


_CHECKS = {level: Draft202012Validator(schema_of(level)) for level in Level}


def checked_design(document: Any, *, level: Level) -> dict[str, Any]:
    """Return the design with empty answers left out; raises `DesignInvalid`."""
    if not isinstance(document, Mapping):
        raise DesignInvalid({"": ["A design is a JSON object."]})
    found = {name: given for name, given in document.items() if given not in ("", None, [], {})}
    problems: dict[str, list[str]] = {}
    _check_size(found)
    for error in _CHECKS[level].iter_errors(found):
        problems.setdefault(_item_of(error), []).append(_words(error))
    if not problems:
        problems = _plan_problems(found)
    if problems:
        raise DesignInvalid(problems)
    return found


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the design's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(dict(document))).hexdigest()


def _check_size(document: Mapping[str, Any]) -> None:
    try:
        size = len(canonical_json(dict(document)))
    except (RecursionError, TypeError, ValueError):  # too deep, a lone surrogate, no finite number
        raise DesignInvalid({"": ["The design is not JSON in Unicode."]}) from None
    if size > MOST_BYTES:
        raise DesignInvalid({"": [f"The design has more than {MOST_BYTES >> 20} MB."]})
    if _has_nul(document):
        raise DesignInvalid({"": ["The design has a text with a NUL character."]})


def _has_nul(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_nul(key) or _has_nul(one) for key, one in value.items())
    if isinstance(value, list):
        return any(_has_nul(one) for one in value)
    return isinstance(value, str) and "\x00" in value


def _plan_problems(found: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what is wrong with the plan: by itself, or beside the metrics."""
    if "ranking_plan" not in found:
        return {}
    try:
        plan = parse_plan(found["ranking_plan"])
    except PlanInvalid as error:
        return {"ranking_plan": [str(error)]}
    named = {metric["name"] for metric in found.get("metrics", [])}
    absent = [f"“{name}”" for name in plan.metrics if name not in named]
    if named and absent:
        said = f"The plan ranks by {', '.join(absent)}, which the metrics do not name."
        return {"ranking_plan": [said]}
    return {}


def _item_of(error: ValidationError) -> str:
    first = next(iter(error.absolute_path), "")
    return first if isinstance(first, str) and first in ITEMS else ""


def _words(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    given: Any = error.instance
    keyword = str(error.validator)
    if keyword == "additionalProperties":
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        extra = [f"“{name}”"[:60] for name in given if name not in known]
        return f"{', '.join(extra[:5])} is not known here."
    if keyword == "required":
        absent = [f"“{name}”" for name in wanted if name not in given]
        return f"{', '.join(absent)} is missing."
    return _SAID.get(keyword, "This cannot be taken ({keyword}).").format(
        wanted=wanted, keyword=keyword
    )


_SAID = {
    "const": "The version must be {wanted}.",
    "type": "This must be of the JSON type {wanted}.",
    "minLength": "This must not be empty.",
    "maxLength": "Use at most {wanted} characters.",
    "minimum": "This must be {wanted} or more.",
    "maximum": "This must be at most {wanted}.",
    "minItems": "Name at least {wanted}.",
    "maxItems": "Name at most {wanted}.",
}
