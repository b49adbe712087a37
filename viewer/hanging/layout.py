"""How a reader left the screen, as data: a protocol or a grid, and what lies where.

Images are named by their sockets, so that the next case opens like the last one.
"""

from typing import Any

from jsonschema import Draft7Validator

from app.sockets.schemas import InvalidValue, check_plain
from app.sockets.schemas.wording import explained
from viewer.hanging.schema import MOST_PARTS, MOST_VIEWPORTS, ORIENTATIONS

LINKS = ("scroll", "zoom", "pan", "window")
_NAME = {"type": ["string", "null"], "maxLength": 100}
_SIDE = {"type": "integer", "minimum": 1, "maximum": 3}

LAYOUT_SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Layout of a viewer",
    "type": "object",
    "required": ["protocol", "offered", "rows", "columns", "panes"],
    "additionalProperties": False,
    "properties": {
        "protocol": {"type": ["string", "null"], "maxLength": 36},
        "offered": {"type": ["string", "null"], "maxLength": 36},
        "rows": _SIDE,
        "columns": _SIDE,
        "panes": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_VIEWPORTS,
            "items": {
                "type": "object",
                "required": ["socket", "orientation"],
                "additionalProperties": False,
                "properties": {
                    "socket": _NAME,
                    "orientation": {"type": "string", "enum": ["stored", *ORIENTATIONS]},
                    "place": _NAME,
                },
            },
        },
        "links": {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: {"type": "boolean"} for name in LINKS},
        },
        "crosshairs": {"type": "boolean"},
    },
}
_VALIDATOR = Draft7Validator(LAYOUT_SCHEMA)


def check_layout(given: Any) -> None:
    """Raise `InvalidValue` unless ``given`` is a layout."""
    check_plain(given, most=MOST_PARTS)
    error = min(_VALIDATOR.iter_errors(given), key=lambda e: [*map(str, e.path)], default=None)
    if error is not None:
        field, message = explained(error)
        raise InvalidValue(message if field else f"The layout {message}.", field=field)
