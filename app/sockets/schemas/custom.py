"""Schemas that people write for their sockets: hostile until checked, and never given the network.

Source: JSON Schema draft 7 (json-schema.org/draft-07).
"""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry

MAX_SCHEMA_DEPTH = 32
PATTERNS = ("pattern", "patternProperties")
_NOWHERE: Registry[Any] = Registry()  # resolves nothing outside of the schema itself


class UnusableSchema(Exception):
    """A schema that is not one, or that asks for more than we do; the message is for people."""


def check_schema(schema: Any) -> None:
    """Raise `UnusableSchema` unless ``schema`` can be used as a socket's own schema.

    References stay inside of the schema. Regular expressions are not taken: a few characters of
    them can keep a processor busy for hours.
    """
    if not isinstance(schema, dict):
        raise UnusableSchema("A schema is a JSON object.")
    _walk(schema, depth=0)
    try:
        Draft7Validator.check_schema(schema)
    except SchemaError as error:
        raise UnusableSchema(f"This is not a JSON Schema: {error.message[:300]}") from error
    first_error({}, schema)


def first_error(value: Any, schema: Mapping[str, Any]) -> ValidationError | None:
    """Return the first thing about ``value`` that does not fit ``schema``, if any."""
    validator = Draft7Validator(dict(schema), registry=_NOWHERE)
    try:
        return next(iter(validator.iter_errors(value)), None)
    except Exception as error:
        raise UnusableSchema(f"The schema cannot be applied ({type(error).__name__}).") from error


def _walk(node: Any, *, depth: int) -> None:
    if depth > MAX_SCHEMA_DEPTH:
        raise UnusableSchema(f"The schema is nested deeper than {MAX_SCHEMA_DEPTH} levels.")
    if isinstance(node, dict):
        for name in PATTERNS:
            if name in node:
                raise UnusableSchema(f"“{name}” is not taken; list the allowed values as “enum”.")
        reference = node.get("$ref")
        if reference is not None and not str(reference).startswith("#/"):
            raise UnusableSchema(
                "“$ref” must point into the schema itself, such as #/definitions/x."
            )
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        _walk(child, depth=depth + 1)
