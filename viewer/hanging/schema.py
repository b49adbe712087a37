"""The JSON of hanging protocols and of what lies in their viewports.

It is that of the public grand-challenge API, because protocols, readers' habits and clients exist:
whatever is taken there is taken here, bounded in number and size.
"""

from typing import Any

VIEWPORTS = (
    "main",
    "secondary",
    "tertiary",
    "quaternary",
    "quinary",
    "senary",
    "septenary",
    "octonary",
    "nonary",
    "denary",
    "undenary",
    "duodenary",
    "tredenary",
    "quattuordenary",
    "quindenary",
    "sexdenary",
    "septendenary",
    "octodenary",
    "novemdenary",
    "vigintenary",
)
"""The names of viewports, from the first to the twentieth."""

ORIENTATIONS = ("axial", "coronal", "sagittal")
DEPENDENT_VIEWS = ("minimap", "3D-sideview")
"""Views of what their parent shows; their names are free."""
SPECIALIZED_VIEWS = (*DEPENDENT_VIEWS, "clientside", "intensity-over-time-chart")

MOST_VIEWPORTS = 40
LARGEST_CELL = 10_000
LONGEST_FADE = 60_000
MOST_SOCKETS = 50
MOST_PARTS = 5_000
"""The most parts of JSON that is looked at at all: the schemas' own limits are far below."""

_CELL = {"type": "integer", "minimum": 0, "maximum": LARGEST_CELL}
_LENGTH = {"type": "integer", "minimum": 1, "maximum": LARGEST_CELL}
_SWITCH = {"type": "boolean"}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_VIEWPORT = {"type": "string", "enum": list(VIEWPORTS)}


def _views(*names: str) -> dict[str, Any]:
    """Return what matches a viewport with one of these specialized views."""
    return {
        "required": ["specialized_view"],
        "properties": {"specialized_view": {"enum": list(names)}},
    }


_ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["viewport_name"],
    "additionalProperties": False,
    "properties": {
        "viewport_name": {"type": "string", "minLength": 1, "maxLength": 60},
        "x": _CELL,
        "y": _CELL,
        "w": _LENGTH,
        "h": _LENGTH,
        "order": {"type": "integer", "minimum": -LARGEST_CELL, "maximum": LARGEST_CELL},
        "label": {"type": "string", "maxLength": 100, "pattern": "^[a-zA-Z0-9 -]*$"},
        "orientation": {"type": "string", "enum": list(ORIENTATIONS)},
        "relative_start_position": _SHARE,
        "opacity": _SHARE,
        "fullsizable": _SWITCH,
        "draggable": _SWITCH,
        "selectable": _SWITCH,
        "linkable": _SWITCH,
        "show_current_slice": _SWITCH,
        "show_mouse_coordinate": _SWITCH,
        "show_mouse_voxel_value": _SWITCH,
        "parent_id": _VIEWPORT,
        "slice_plane_indicator": _VIEWPORT,
        "slice_plane_indicator_fade_ms": {"type": "number", "minimum": 0, "maximum": LONGEST_FADE},
        "specialized_view": {"type": "string", "enum": list(SPECIALIZED_VIEWS)},
    },
    "allOf": [
        {
            "if": _views(*DEPENDENT_VIEWS),
            "then": {
                "required": ["parent_id"],
                "properties": {"viewport_name": {"pattern": "^[a-zA-Z0-9_]+$"}},
            },
            "else": {"properties": {"viewport_name": _VIEWPORT}},
        },
        {"if": _views("3D-sideview"), "then": {"required": ["orientation"]}},
        {"if": _views("intensity-over-time-chart"), "then": {"required": ["parent_id"]}},
    ],
}

PROTOCOL_SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Hanging protocol",
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_VIEWPORTS,
    "uniqueItems": True,
    "contains": {"type": "object", "properties": {"viewport_name": {"const": "main"}}},
    "items": _ITEM,
}

CONTENT_SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "What lies in the viewports of a hanging protocol: slugs of sockets",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        name: {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_SOCKETS,
            "uniqueItems": True,
            "items": {"type": "string", "minLength": 1, "maxLength": 100},
        }
        for name in VIEWPORTS
    },
}
