"""What can be set, by the names of the public API where it has one."""

from typing import Any

LINKS = (
    "images",
    "panning",
    "zooming",
    "slicing",
    "orienting",
    "windowing",
    "inverting",
    "flipping",
)
SHOWN = (
    "image_info_plugin",
    "display_plugin",
    "image_switcher_plugin",
    "algorithm_output_plugin",
    "overlay_plugin",
    "annotation_statistics_plugin",
    "swivel_tool",
    "invert_tool",
    "flip_tool",
    "window_level_tool",
    "reset_tool",
    "overlay_selection_tool",
    "lut_selection_tool",
    "annotation_counter_tool",
)
"""Parts of the page that can be left out: ``show_<name>``."""

COLOR_MAPS = ("grey", "hot-iron", "viridis", "rainbow", "cool-warm", "bone")
CONTEXTS = ("PATH", "MPMRI")
METHODS = ("MAX", "MIN", "AVG")
MOST_PRESETS = 30
MOST_BINDINGS = 200
MOST_PARTS = 5_000
"""The most parts of settings that are looked at at all: the limits below allow far fewer."""
COLOR = "^#[0-9a-fA-F]{6}(?!\\n)$"
_SWITCH = {"type": "boolean"}
_PERCENT = {"type": "number", "minimum": 0, "maximum": 100}


def _number(low: float, high: float) -> dict[str, Any]:
    return {"type": "number", "minimum": low, "maximum": high}


def _choice(*words: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


_PRESET: dict[str, Any] = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 60},
        "center": _number(-1e9, 1e9),
        "width": {"type": "number", "exclusiveMinimum": 0, "maximum": 1e9},
        "lower_percentile": _PERCENT,
        "upper_percentile": _PERCENT,
    },
    "oneOf": [
        {"required": ["center", "width"]},
        {"required": ["lower_percentile", "upper_percentile"]},
    ],
}

_BINDING: dict[str, Any] = {
    "type": "object",
    "required": ["key", "action"],
    "additionalProperties": False,
    "properties": {
        "key": {"type": "string", "minLength": 1, "maxLength": 40},
        "action": {"type": "string", "maxLength": 60},
        "state": {"type": "string", "maxLength": 60},
    },
}

SETTINGS_SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Settings of the viewer",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "image_context": _choice(*CONTEXTS),
        "window_presets": {"type": "array", "maxItems": MOST_PRESETS, "items": _PRESET},
        "default_window_preset": {"type": "string", "maxLength": 60},
        "default_slab_thickness_mm": _number(0.01, 99.99),
        "default_slab_render_method": _choice(*METHODS),
        "default_orientation": _choice("A", "C", "S"),
        "default_image_interpolation": _choice("NN", "TL"),
        "default_overlay_interpolation": _choice("NN", "TL"),
        "default_overlay_alpha": _number(0, 1),
        "default_overlay_color_map": _choice(*COLOR_MAPS),
        "default_zoom_scale": _number(0.01, 99.99),
        "default_brush_size": _number(0.01, 999),
        "default_annotation_color": {"type": "string", "pattern": COLOR},
        "default_annotation_line_width": _number(0.5, 20),
        "ghosting_slice_depth": {"type": "integer", "minimum": 0, "maximum": 500},
        "point_bounding_box_size_mm": _number(0.01, 999),
        "default_limit_view_area_to_image_volume": _SWITCH,
        "auto_jump_center_of_gravity": _SWITCH,
        "enable_contrast_enhancement": _SWITCH,
        "key_bindings": {"type": "array", "maxItems": MOST_BINDINGS, "items": _BINDING},
        "remember_layout": _SWITCH,
        **{f"show_{name}": _SWITCH for name in SHOWN},
        **{f"link_{name}": _SWITCH for name in LINKS},
    },
}
