"""Charts in Vega-Lite 5 (vega.github.io/vega-lite), which carry their data with them."""

from typing import Any

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

SCHEMA = "https://vega.github.io/schema/vega-lite/v5"
_DATA = frozenset({"values", "datasets"})
_REACHING_OUT = frozenset({"url", "href"})


def check_chart(value: Any) -> None:
    """Raise `InvalidValue` unless this is Vega-Lite 5 that fetches nothing from elsewhere."""
    schema = value["$schema"]
    if not schema.startswith(SCHEMA) or not schema.endswith(".json"):
        raise InvalidValue(f"Charts are Vega-Lite 5; write {SCHEMA}.json.", field="$schema")
    _walk(value, path="")


def _walk(node: Any, *, path: str) -> None:
    if isinstance(node, list):
        for index, child in enumerate(node):
            _walk(child, path=f"{path}[{index}]")
    elif isinstance(node, dict):
        for name, child in node.items():
            field = f"{path}.{name}" if path else name
            if name in _REACHING_OUT:
                raise InvalidValue(
                    "A chart carries its data; put them in “values” instead of an address.",
                    field=field[:200],
                )
            if name not in _DATA:
                _walk(child, path=field)


KINDS = (
    SocketKind(
        "CHART",
        "Chart",
        SuperKind.VALUE,
        {
            "type": "object",
            "properties": {"$schema": {"type": "string", "maxLength": 200}},
            "required": ["$schema"],
        },
        example={
            "$schema": f"{SCHEMA}.json",
            "width": 300,
            "data": {
                "values": [
                    {"stage": "I", "cases": 28},
                    {"stage": "II", "cases": 55},
                    {"stage": "III", "cases": 43},
                ]
            },
            "mark": "bar",
            "encoding": {
                "x": {"field": "stage", "type": "nominal"},
                "y": {"field": "cases", "type": "quantitative"},
            },
        },
        check_value=check_chart,
        description="A chart in Vega-Lite 5 with its data inside.",
        display=Display.CHART,
        icon="chart-column",
    ),
)
