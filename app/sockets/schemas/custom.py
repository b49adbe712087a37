"""Schemas that people write for their sockets: hostile until checked, and never given the network.

Source: JSON Schema draft 7 (json-schema.org/draft-07).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from itertools import islice
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.plain import check_plain

MAX_SCHEMA_DEPTH = 32
MAX_SCHEMA_LENGTH = 100_000
MOST_STEPS = 2_000_000
_STEPS_OF_A_TRIAL = 100_000
_STEPS_OF_AN_ENTRY = 0.2
PATTERNS = ("pattern", "patternProperties")
_MAPS = frozenset({"properties", "definitions", "dependencies"})  # their keys are names
_NOWHERE: Registry[Any] = Registry()  # resolves nothing outside of the schema itself
_steps: ContextVar[list[float]] = ContextVar("steps")

Check = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class UnusableSchema(Exception):
    """A schema that is not one, or that asks for more than we do; the message is for people."""


class TooManyChecks(UnusableSchema):
    """A value that takes more checks than somebody waits for."""


def check_schema(schema: Any) -> None:
    """Raise `UnusableSchema` unless ``schema`` can be used as a socket's own schema.

    References stay inside of the schema. Regular expressions are not taken: a few characters of
    them can keep a processor busy for hours.
    """
    if not isinstance(schema, dict):
        raise UnusableSchema("A schema is a JSON object.")
    _walk(schema, depth=0)
    try:
        check_plain(schema)
    except InvalidValue as error:
        raise UnusableSchema(str(error)) from error
    if len(json.dumps(schema)) > MAX_SCHEMA_LENGTH:
        raise UnusableSchema(f"The schema is longer than {MAX_SCHEMA_LENGTH} letters.")
    try:
        Draft7Validator.check_schema(schema)
    except SchemaError as error:
        raise UnusableSchema(f"This is not a JSON Schema: {error.message[:300]}") from error
    first_error({}, schema, most_steps=_STEPS_OF_A_TRIAL)


def first_error(
    value: Any, schema: Mapping[str, Any], *, most_steps: float = MOST_STEPS
) -> ValidationError | None:
    """Return the first thing about ``value`` that does not fit ``schema``, if any.

    Raises what `first_errors` does.
    """
    return next(iter(first_errors(value, schema, most=1, most_steps=most_steps)), None)


def first_errors(
    value: Any, schema: Mapping[str, Any], *, most: int, most_steps: float = MOST_STEPS
) -> list[ValidationError]:
    """Return the first things about ``value`` that do not fit ``schema``.

    Raises `UnusableSchema` when the schema is broken, `TooManyChecks` when it asks for more than
    ``most_steps`` checks: references can make a small schema endless.
    """
    validator = _Validator(dict(schema), registry=_NOWHERE)
    token = _steps.set([most_steps])
    try:
        return list(islice(validator.iter_errors(value), most))
    except UnusableSchema:
        raise
    except Exception as error:
        raise UnusableSchema(f"The schema cannot be applied ({type(error).__name__}).") from error
    finally:
        _steps.reset(token)


def _spend(steps: float) -> None:
    left = _steps.get()
    left[0] -= steps
    if left[0] < 0:
        raise TooManyChecks("The schema asks for too many checks of this value.")


def _counted(check: Check) -> Check:
    """Count a check; one that goes through a list of its own, such as ``enum``, costs more."""

    def counting(validator: Any, rule: Any, value: Any, schema: Any) -> Any:
        _spend(1 + (_STEPS_OF_AN_ENTRY * len(rule) if isinstance(rule, (list, dict)) else 0))
        return check(validator, rule, value, schema)

    return counting


def _refused(validator: Any, rule: Any, value: Any, schema: Any) -> None:
    raise UnusableSchema("Regular expressions are not taken; list the allowed values as “enum”.")


def _unique(validator: Any, rule: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Look for equal items in one pass; comparing each with each takes hours for long lists."""
    if rule and isinstance(value, list):
        seen = {_canonical(item) for item in value}
        if len(seen) < len(value):
            yield ValidationError("The items are not all different.")


def _canonical(value: Any) -> str:
    """Return a text that equal JSON values share; 1 and 1.0 are equal, 1 and true are not."""
    _spend(_STEPS_OF_AN_ENTRY)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, list):
        return f"[{','.join(map(_canonical, value))}]"
    if isinstance(value, dict):
        pairs = sorted((json.dumps(name), _canonical(item)) for name, item in value.items())
        return "{" + ",".join(f"{name}:{item}" for name, item in pairs) + "}"
    return json.dumps(value)


_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft7Validator,
    {
        **{word: _counted(check) for word, check in Draft7Validator.VALIDATORS.items()},
        **dict.fromkeys(PATTERNS, _refused),
        "uniqueItems": _unique,
    },
)


def _walk(node: Any, *, depth: int, names: bool = False) -> None:
    """Look for what is not taken; ``names`` says that the keys of this object are just names."""
    if depth > MAX_SCHEMA_DEPTH:
        raise UnusableSchema(f"The schema is nested deeper than {MAX_SCHEMA_DEPTH} levels.")
    if isinstance(node, dict) and not names:
        for name in PATTERNS:
            if name in node:
                raise UnusableSchema(f"“{name}” is not taken; list the allowed values as “enum”.")
        reference = node.get("$ref")
        if reference is not None and not str(reference).startswith("#/"):
            raise UnusableSchema(
                "“$ref” must point into the schema itself, such as #/definitions/x."
            )
    if isinstance(node, dict):
        for key, child in node.items():
            _walk(child, depth=depth + 1, names=not names and key in _MAPS)
    elif isinstance(node, list):
        for child in node:
            _walk(child, depth=depth + 1)
