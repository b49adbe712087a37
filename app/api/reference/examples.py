"""Example bodies and commands (pure)."""

import json
import shlex
from collections.abc import Iterable
from typing import Any

from app.api.reference.fields import MAX_DEPTH, Schema, Shapes

KEY = "0196f0aa-7b5c-7000-8000-000000000001"
_TEXTS = {
    "uuid": KEY,
    "uri": "https://…",
    "iri-reference": KEY,
    "date-time": "2026-01-31T12:00:00Z",
    "email": "ada@example.org",
}
_OTHERS: dict[str, Any] = {"integer": 1, "number": 0.5, "boolean": True, "null": None}


def example(shapes: Shapes, shape: Schema, *, depth: int = 0, needed: bool = False) -> Any:
    """Return a value of the shape; with ``needed`` only what a body cannot do without."""
    if "const" in shape:
        return shape["const"]
    found = shapes.plain(shape)
    if found.get("enum"):
        return found["enum"][0]
    types = found.get("type", "null")
    kind = types if isinstance(types, str) else types[0]
    if kind == "object":
        return _object(shapes, found, depth=depth, needed=needed)
    if kind == "array":
        items = found.get("items")
        full = items and found.get("maxItems") != 0 and depth <= MAX_DEPTH
        return [example(shapes, items, depth=depth + 1, needed=needed)] if full else []
    return _TEXTS.get(found.get("format", ""), "…") if kind == "string" else _OTHERS.get(kind)


def _object(shapes: Shapes, found: Schema, *, depth: int, needed: bool) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        return {}
    required = set(found.get("required", ()))
    chosen = {
        name: inner
        for name, inner in found.get("properties", {}).items()
        if not needed or not required or name in required
    }
    return {
        name: example(shapes, inner, depth=depth + 1, needed=needed)
        for name, inner in chosen.items()
    }


def curl(method: str, path: str, *, root: str, names: Iterable[str], body: Any) -> str:
    """Return a command that a person can paste; ``names`` of the path become capitals to fill."""
    for name in names:
        path = path.replace(f"{{{name}}}", name.upper())
    lines = ["curl"] if method == "GET" else [f"curl -X {method}"]
    lines.append('-H "Authorization: Bearer $TOKEN"')
    if body is not None:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    lines.append(f"{root}{path}")
    return " \\\n  ".join(lines)
