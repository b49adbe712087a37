"""The JSON Schemas of values as whole documents that other programs can use."""

from collections.abc import Mapping
from typing import Any

from app.sockets.schemas.kinds import KINDS, SocketKind, SuperKind

DRAFT = "http://json-schema.org/draft-07/schema#"


def published_schema(
    kind: SocketKind,
    *,
    own: Mapping[str, Any] | None = None,
    title: str = "",
    description: str = "",
    examples: list[Any] | None = None,
) -> dict[str, Any]:
    """Return the schema of a kind, together with a socket's ``own`` schema where there is one.

    An own schema is put beside the kind's by ``allOf``; its references into itself are moved along.
    """
    rules: dict[str, Any] = dict(kind.schema)
    if own:
        rules = {"allOf": [rules, _moved(own, "#/allOf/1/")]} if rules else dict(own)
    shown = [kind.example] if examples is None else examples
    return {
        "$schema": DRAFT,
        "title": title or kind.label,
        "description": description or kind.description,
        **{key: value for key, value in rules.items() if key not in ("title", "description")},
        "examples": [example for example in shown if example is not None],
    }


def published_kinds() -> dict[str, dict[str, Any]]:
    """Return the schema of every JSON kind by its key."""
    return {
        key: published_schema(kind)
        for key, kind in KINDS.items()
        if kind.super_kind is SuperKind.VALUE
    }


def _moved(node: Any, place: str) -> Any:
    if isinstance(node, Mapping):
        return {
            key: f"{place}{value[2:]}"
            if key == "$ref" and isinstance(value, str) and value.startswith("#/")
            else _moved(value, place)
            for key, value in node.items()
        }
    return [_moved(child, place) for child in node] if isinstance(node, list) else node
