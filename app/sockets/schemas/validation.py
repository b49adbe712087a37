"""Checking a JSON value against its socket's kind and its own schema."""

import math
from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.custom import MOST_STEPS, UnusableSchema, first_error
from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds import SuperKind, get_kind
from app.sockets.schemas.wording import explained, path_of

MAX_DEPTH = 64
MOST_NODES = 2_000_000
MOST_DIGITS = 300


def validate_value(value: Any, *, kind: str, schema: Mapping[str, Any] | None = None) -> None:
    """Raise `InvalidValue` unless ``value`` fits the kind and the socket's own ``schema``."""
    socket_kind = get_kind(kind)
    if socket_kind.super_kind is not SuperKind.VALUE:
        raise InvalidValue(f"A {socket_kind.label} is a file, not a JSON value.")
    _check_plain(value)
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


def _check_plain(value: Any) -> None:
    """Refuse what is too deep, too much or no JSON; walks without recursion."""
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(value, ())]
    nodes = 0
    while waiting:
        node, path = waiting.pop()
        nodes += 1
        if nodes > MOST_NODES:
            raise InvalidValue(f"The value has more than {MOST_NODES} parts; give it as a file.")
        if len(path) > MAX_DEPTH:
            raise InvalidValue(f"The value is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(node, dict):
            waiting.extend((child, (*path, name)) for name, child in node.items())
        elif isinstance(node, list):
            waiting.extend((child, (*path, index)) for index, child in enumerate(node))
        else:
            _check_leaf(node, path)


def _check_leaf(leaf: Any, path: tuple[Any, ...]) -> None:
    field = path_of(path)
    if isinstance(leaf, float) and not math.isfinite(leaf):
        raise InvalidValue("Not-a-number and infinity are not JSON; use null.", field=field)
    if isinstance(leaf, int) and not isinstance(leaf, bool) and abs(leaf) >= 10**MOST_DIGITS:
        raise InvalidValue(f"A number has at most {MOST_DIGITS} digits.", field=field)
    if isinstance(leaf, str) and "\0" in leaf:
        raise InvalidValue("A text has no NUL characters.", field=field)
