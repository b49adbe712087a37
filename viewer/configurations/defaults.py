"""What is usual, and whose word counts."""

from collections.abc import Mapping
from typing import Any

from viewer.configurations.schema import LINKS, SHOWN

Settings = Mapping[str, Any]

DEFAULTS: Settings = {
    "image_context": None,
    "window_presets": [],
    "default_window_preset": None,
    "default_slab_thickness_mm": None,
    "default_slab_render_method": None,
    "default_orientation": None,
    "default_image_interpolation": "TL",
    "default_overlay_interpolation": None,
    "default_overlay_alpha": None,
    "default_overlay_color_map": None,
    "default_zoom_scale": None,
    "default_brush_size": None,
    "default_annotation_color": None,
    "default_annotation_line_width": None,
    "ghosting_slice_depth": 3,
    "point_bounding_box_size_mm": None,
    "default_limit_view_area_to_image_volume": False,
    "auto_jump_center_of_gravity": True,
    "enable_contrast_enhancement": False,
    "key_bindings": [],
    "remember_layout": True,
    **{f"show_{name}": True for name in SHOWN},
    **{f"link_{name}": False for name in LINKS},
}
"""None leaves it to the viewer, which looks at the image."""


def combined(*levels: Settings) -> dict[str, Any]:
    """Return the usual settings changed by each level, a later one going before an earlier one.

    Presets and key bindings add up: of two with one title, or for one key, the later one holds.
    """
    found = dict(DEFAULTS)
    for level in levels:
        found.update(level)
    found["window_presets"] = _joined(levels, "window_presets", by="title")
    found["key_bindings"] = _joined(levels, "key_bindings", by="key")
    return found


def _joined(levels: tuple[Settings, ...], name: str, *, by: str) -> list[Any]:
    rows = [row for level in levels for row in level.get(name, [])]
    return list({row[by]: row for row in rows}.values())
