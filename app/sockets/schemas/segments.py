"""Segments: the labels of a segmentation and their names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.sockets.schemas.errors import InvalidValue

MOST_SEGMENTS = 64
HIGHEST = 65_535
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_KNOWN = {"name", "voxel_value", "visible", "color"}


def clean_segments(segments: Any) -> list[dict[str, Any]]:
    """Return checked segments ``{name, voxel_value, visible, color?}``, else raise `InvalidValue`.

    ``visible`` is true unless given; the background, 0, may be named too.
    """
    if not isinstance(segments, list):
        raise InvalidValue("Segments are a list.")
    if len(segments) > MOST_SEGMENTS:
        raise InvalidValue(f"There are more than {MOST_SEGMENTS} segments.")
    cleaned = [_segment(segment, f"[{index}]") for index, segment in enumerate(segments)]
    for name in ("name", "voxel_value"):
        seen: set[Any] = set()
        for index, segment in enumerate(cleaned):
            if segment[name] in seen:
                raise InvalidValue(
                    f"Another segment has {segment[name]!r} already.", field=f"[{index}].{name}"
                )
            seen.add(segment[name])
    return cleaned


def check_segments(values: Iterable[int], segments: Sequence[Mapping[str, Any]]) -> None:
    """Raise `InvalidValue` if a segmentation has labels other than the declared ones and 0.

    Without declared segments every label is fine.
    """
    if not segments:
        return
    declared = {0, *(int(segment["voxel_value"]) for segment in segments)}
    unknown = sorted({int(value) for value in values} - declared)
    if unknown:
        shown = ", ".join(map(str, unknown[:10])) + (" and more" if len(unknown) > 10 else "")
        allowed = ", ".join(map(str, sorted(declared)))
        raise InvalidValue(
            f"The segmentation has the voxel values {shown}, which are not among its segments"
            f" ({allowed})."
        )


def _segment(segment: Any, field: str) -> dict[str, Any]:
    if not isinstance(segment, dict):
        raise InvalidValue("A segment is an object with a name and a voxel_value.", field=field)
    for unknown in sorted(set(segment) - _KNOWN):
        raise InvalidValue("A segment has no such property.", field=f"{field}.{unknown[:50]}")
    name, value = segment.get("name"), segment.get("voxel_value")
    if not isinstance(name, str) or not name.strip() or len(name) > 100:
        raise InvalidValue("Give the segment a name of at most 100 letters.", field=f"{field}.name")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= HIGHEST:
        raise InvalidValue(
            f"A voxel value is a whole number from 0 to {HIGHEST}.", field=f"{field}.voxel_value"
        )
    visible = segment.get("visible", True)
    if not isinstance(visible, bool):
        raise InvalidValue("This is true or false.", field=f"{field}.visible")
    cleaned = {"name": name.strip(), "voxel_value": value, "visible": visible}
    color = segment.get("color")
    if color:
        if not isinstance(color, str) or not _COLOR.fullmatch(color):
            raise InvalidValue("A color is written like #ff9f1c.", field=f"{field}.color")
        cleaned["color"] = color.lower()
    return cleaned
