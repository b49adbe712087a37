"""Checking a JSON value against its socket's kind and its own schema."""

import math
from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import ValidationError

from app.sockets.schemas.custom import UnusableSchema, first_error
from app.sockets.schemas.kinds import SuperKind, get_kind

MAX_DEPTH = 64


class InvalidValue(Exception):
    """A value that its socket does not take; ``field`` is a path such as ``points[2].x``."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.message = message
        self.field = field
        super().__init__(f"{field}: {message}" if field else message)


def validate_value(value: Any, *, kind: str, schema: Mapping[str, Any] | None = None) -> None:
    """Raise `InvalidValue` unless ``value`` fits the kind and the socket's own ``schema``."""
    socket_kind = get_kind(kind)
    if socket_kind.super_kind is not SuperKind.VALUE:
        raise InvalidValue(f"A {socket_kind.label} is a file, not a JSON value.")
    _check_plain(value, depth=0)
    for rules in (socket_kind.schema, schema):
        if rules:
            error = _first_error(value, rules)
            if error is not None:
                raise InvalidValue(error.message[:500], field=_path(error.absolute_path))


def _first_error(value: Any, rules: Mapping[str, Any]) -> ValidationError | None:
    try:
        return first_error(value, rules)
    except UnusableSchema as error:
        raise InvalidValue(str(error)) from error


def _check_plain(value: Any, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise InvalidValue(f"The value is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidValue("Not-a-number and infinity are not JSON; use null.")
    children = value.values() if isinstance(value, dict) else value
    if isinstance(value, (dict, list)):
        for child in children:
            _check_plain(child, depth=depth + 1)


def _path(parts: Any) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
