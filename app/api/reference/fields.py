"""Bodies as rows that people can read: name, type, what it says (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
MAX_DEPTH = 3
_WORDS = {
    "uuid": "UUID",
    "uri": "address",
    "iri-reference": "address or key",
    "date-time": "date and time",
    "double": "number",
}


@dataclass(frozen=True)
class Field:
    """One field of a body; inner ones are named after the outer, as ``values[].file``."""

    name: str
    kind: str
    says: str
    required: bool


class Shapes:
    """The named shapes of a schema, followed where one refers to another."""

    def __init__(self, named: Mapping[str, Schema]) -> None:
        self._named = named

    def plain(self, shape: Schema) -> Schema:
        """Return the shape itself where it only points at one (or at one or null)."""
        if "$ref" in shape:
            return self.plain(self._named[shape["$ref"].rpartition("/")[2]])
        inner = shape.get("allOf") or [
            one for one in shape.get("oneOf", ()) if one.get("type") != "null"
        ]
        return self.plain(inner[0]) if len(inner) == 1 else shape

    def kind(self, shape: Schema) -> str:
        """Say in a few words what a value may be."""
        if "const" in shape:
            return f"always {_literal(shape['const'])}"
        found = self.plain(shape)
        types = found.get("type", [])
        types = [types] if isinstance(types, str) else list(types)
        empty = "null" in types or any(one.get("type") == "null" for one in shape.get("oneOf", ()))
        if not types and not found.get("oneOf"):
            return "anything"
        names = [self._one(name, found) for name in types if name != "null"]
        if empty:
            names.append("null")
        return "nothing (null)" if names == ["null"] else " or ".join(dict.fromkeys(names))

    def fields(self, shape: Schema) -> Iterator[Field]:
        """Yield the fields of an object, or of the objects in a list, inner ones after outer.

        A shape that several fields share is opened at the first one only.
        """
        yield from self._fields(shape, prefix="", depth=0, opened=set())

    def _fields(
        self, shape: Schema, *, prefix: str, depth: int, opened: set[int]
    ) -> Iterator[Field]:
        found = self.plain(shape)
        if found.get("type") == "array":
            found, prefix = self.plain(found.get("items", {})), f"{prefix}[]" if prefix else ""
        if depth >= MAX_DEPTH or id(found) in opened:
            return
        opened.add(id(found))
        needed = set(found.get("required", ()))
        for name, inner in found.get("properties", {}).items():
            full = f"{prefix}.{name}" if prefix else name
            kind, says = self.kind(inner), _says(inner, self.plain(inner))
            yield Field(name=full, kind=kind, says=says, required=name in needed)
            yield from self._fields(inner, prefix=full, depth=depth + 1, opened=opened)

    def _one(self, name: str, found: Schema) -> str:
        if name == "array":
            items = found.get("items", {})
            inner = self.kind(items) if items else "anything"
            return "empty list" if found.get("maxItems") == 0 else f"list of {inner}"
        if name == "string":
            return _WORDS.get(found.get("format", ""), "text")
        return {"boolean": "true or false", "integer": "whole number"}.get(name, name)


def _says(shape: Schema, found: Schema) -> str:
    """Return description, choices and bounds of a field."""
    parts = [shape.get("description", "")]
    if choices := [one for one in found.get("enum", ()) if one is not None]:
        shown = [f"``{one}``" for one in choices[:12]]
        more = f" and {len(choices) - 12} more" if len(choices) > 12 else ""
        parts.append(f"One of {', '.join(shown)}{more}.")
    for name, words in (
        ("minimum", "At least"),
        ("maximum", "At most"),
        ("maxLength", "Characters, at most"),
        ("maxItems", "Entries, at most"),
    ):
        if found.get(name):
            parts.append(f"{words} {found[name]}.")
    if "default" in found:
        parts.append(f"Without it: ``{_literal(found['default'])}``.")
    return " ".join(part for part in parts if part)


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
