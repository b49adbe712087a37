"""Checking a JSON value against its socket's kind and its own schema."""

import math
from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.custom import MOST_STEPS, UnusableSchema, first_error
from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds import SuperKind, get_kind
from app.sockets.schemas.plain import check_plain
from app.sockets.schemas.wording import explained


def validate_value(value: Any, *, kind: str, schema: Mapping[str, Any] | None = None) -> None:
    """Raise `InvalidValue` unless ``value`` fits the kind and the socket's own ``schema``."""
    socket_kind = get_kind(kind)
    if socket_kind.super_kind is not SuperKind.VALUE:
        raise InvalidValue(f"A {socket_kind.label} is a file, not a JSON value.")
    check_plain(value)
    _check_rules(value, socket_kind.schema, most_steps=math.inf)  # ours, and linear
    if schema:
        _check_rules(value, schema, most_steps=MOST_STEPS)
    if socket_kind.check_value is not None:
        socket_kind.check_value(value)


def _check_rules(value: Any, rules: Mapping[str, Any], *, most_steps: float) -> None:
    try:
        error = first_error(value, rules, most_steps=most_steps)
    except UnusableSchema as unusable:
        raise InvalidValue(str(unusable)) from unusable
    if error is not None:
        field, message = explained(error)
        raise InvalidValue(message if field else f"The value {message}.", field=field)
