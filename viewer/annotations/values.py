"""Which kinds of values an annotation may have, and what each must look like. Pure."""

import math
import re
from collections.abc import Mapping
from typing import Any

from app.sockets.schemas import (
    KINDS,
    InvalidValue,
    check_plain,
    clean_segments,
    validate_value,
)

MASK = "SEG"
GEOMETRY = tuple(key for key, kind in KINDS.items() if kind.measure is not None)
ANNOTATION_KINDS = (*GEOMETRY, MASK)
SINGLE = {many: one for one, many in zip(GEOMETRY[::2], GEOMETRY[1::2], strict=True)}
"""The kind of one object, by the kind of many."""
FARTHEST_MM = 100_000.0
MOST_NUMBERS = 60_000
MOST_PARTS = 2 * MOST_NUMBERS
MOST_TIMEPOINTS = 100_000
BITS = (8, 16)
_TOOL = re.compile(r"[a-z0-9-]{1,40}")
_COLOR = re.compile(r"(#[0-9a-fA-F]{6})?")
_UNIT_TOLERANCE = 1e-3


def clean_value(value: Any, *, kind: str) -> dict[str, Any]:
    """Return a checked value of an annotation, else raise `InvalidValue` naming the field."""
    if kind not in ANNOTATION_KINDS:
        raise InvalidValue(f"Nothing of the kind {kind[:10]!r} can be drawn.", field="kind")
    if kind == MASK:
        return _mask(value)
    _check_places(value)  # first: it bounds what the schema has to look at
    validate_value(value, kind=kind)
    found: dict[str, Any] = value
    return found


def clean_frame(frame: Any) -> dict[str, Any] | None:
    """Return how an annotation was looked at, ``{timepoint, normal, up}``; None stays None."""
    if frame is None:
        return None
    if not isinstance(frame, dict) or set(frame) - {"timepoint", "normal", "up"}:
        raise InvalidValue("A frame has a timepoint, a normal and an up direction.", field="frame")
    timepoint = frame.get("timepoint", 0)
    if not _is_whole(timepoint) or not 0 <= timepoint < MOST_TIMEPOINTS:
        raise InvalidValue("Time points are counted from 0.", field="frame.timepoint")
    cleaned: dict[str, Any] = {"timepoint": timepoint}
    for name in ("normal", "up"):
        if frame.get(name) is not None:
            cleaned[name] = _unit(frame[name], field=f"frame.{name}")
    return cleaned


def clean_tool(tool: Any) -> str:
    """Return the word of the tool that drew it, else raise `InvalidValue`."""
    if not isinstance(tool, str) or not _TOOL.fullmatch(tool):
        raise InvalidValue("A tool is a word of a-z, 0-9 and '-'.", field="tool")
    return tool


def clean_color(color: Any) -> str:
    """Return a color as ``#rrggbb`` or nothing, else raise `InvalidValue`."""
    if not isinstance(color, str) or not _COLOR.fullmatch(color):
        raise InvalidValue("A color is written like #ff9f1c.", field="color")
    return color.lower()


def one_of_many(value: Mapping[str, Any], *, kind: str, item: int) -> tuple[dict[str, Any], str]:
    """Return one object of a value of many as a value of its own, with its kind."""
    objects = value[KINDS[kind].objects]
    if not 0 <= item < len(objects):
        raise InvalidValue(f"It has {len(objects)} objects, counted from 0.", field="item")
    single = SINGLE[kind]
    return {**objects[item], "type": KINDS[single].label, "version": value["version"]}, single


def labels_declared(value: Mapping[str, Any]) -> set[int]:
    """Return the voxel values that a mask may hold beside 0."""
    return {int(segment["voxel_value"]) for segment in value["segments"]} - {0}


def _mask(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) - {"segments", "bits"}:
        raise InvalidValue("The value of a mask has segments and bits.", field="value")
    check_plain(value)
    bits = value.get("bits", 8)
    if not _is_whole(bits) or bits not in BITS:
        raise InvalidValue("A mask has 8 or 16 bits per voxel.", field="value.bits")
    try:
        segments = clean_segments(value.get("segments", []))
    except InvalidValue as error:
        raise InvalidValue(error.message, field=f"value.segments{error.field}") from error
    if any(segment["voxel_value"] >= 1 << bits for segment in segments):
        raise InvalidValue(f"A voxel of {bits} bits cannot hold that.", field="value.segments")
    return {"segments": segments, "bits": bits}


def _check_places(value: Any) -> None:
    """Refuse coordinates that are nowhere near a body, and more of them than anybody draws."""
    waiting, numbers, parts = [value], 0, 0
    while waiting:
        node = waiting.pop()
        parts += 1
        if parts > MOST_PARTS:
            raise InvalidValue(f"It has more than {MOST_NUMBERS // 3} points.", field="value")
        if isinstance(node, dict):
            waiting.extend(child for name, child in node.items() if name != "version")
        elif isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, int | float) and not isinstance(node, bool):
            numbers += 1
            if abs(node) > FARTHEST_MM:
                raise InvalidValue("A place lies more than 100 m from the origin.", field="value")
    if numbers > MOST_NUMBERS:
        raise InvalidValue(f"It has more than {MOST_NUMBERS // 3} points.", field="value")


def _unit(vector: Any, *, field: str) -> list[float]:
    is_vector = isinstance(vector, list) and len(vector) == 3
    if not is_vector or not all(_is_number(component) for component in vector):
        raise InvalidValue("A direction is three numbers.", field=field)
    if abs(math.hypot(*vector) - 1.0) > _UNIT_TOLERANCE:
        raise InvalidValue("A direction has the length 1.", field=field)
    return [float(component) for component in vector]


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -2.0 <= value <= 2.0


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
