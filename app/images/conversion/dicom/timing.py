"""Order the images that lie at the same position in time (or by another fourth axis).

Time points are ranked at each position separately, so it does not matter whether the scanner
stored slice by slice or volume by volume.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from app.images.conversion.dicom.frame import Frame
from app.images.conversion.issues import ConversionError

Rank = Callable[[Frame], tuple[float, ...] | None]
_DECLARED = ("position", "trigger")
_SHARED_VALUES = frozenset({"position", "acquisition", "b-value"})
_CANDIDATES = ("position", "trigger", "dimensions", "acquisition", "b-value", "acquired")


def states_time(column: list[Frame]) -> bool:
    """Tell whether images at one position declare themselves a series over time."""
    return any(_distinct([frame.times.get(name) for frame in column]) for name in _DECLARED)


def order_in_time(columns: list[list[Frame]]) -> tuple[list[list[Frame]], float | None]:
    """Return the columns with their frames in temporal order, and the time step in seconds.

    Raises InconsistentTimePoints when nothing tells the images of a position apart.
    """
    if len(columns[0]) == 1:
        return columns, None
    rank = _ranking(columns)
    if rank is None:
        raise ConversionError(
            "InconsistentTimePoints",
            f"{len(columns[0])} images lie at each position and nothing in them says in which "
            "order they belong.",
        )
    ordered = [sorted(column, key=lambda frame: rank(frame) or ()) for column in columns]
    return ordered, _time_step(ordered)


def _ranking(columns: list[list[Frame]]) -> Rank | None:
    for name in _CANDIDATES:
        if _usable(columns, name):
            return lambda frame, name=name: frame.times.get(name)  # type: ignore[misc]
    if all(_distinct([frame.order for frame in column]) for column in columns):
        return lambda frame: frame.order
    if all(_distinct([frame.times.get("content") for frame in column]) for column in columns):
        return lambda frame: frame.times.get("content")
    return None


def _usable(columns: list[list[Frame]], name: str) -> bool:
    values = [[frame.times.get(name) for frame in column] for column in columns]
    if not all(_distinct(column) for column in values):
        return False
    return name not in _SHARED_VALUES or len({frozenset(column) for column in values}) == 1


def _distinct(values: list[tuple[float, ...] | None] | list[tuple[int, int]]) -> bool:
    return None not in values and len(set(values)) == len(values)


def _time_step(columns: list[list[Frame]]) -> float | None:
    """Return the stated temporal resolution, else the distance of acquisition times if regular."""
    frames = columns[0]
    stated = frames[0].instance.time_step or frames[0].instance.frame_seconds
    if stated is not None:
        return stated
    times = [frame.times["acquired"][0] for frame in frames if "acquired" in frame.times]
    if len(times) != len(frames):
        return None
    steps = [after - before for before, after in pairwise(times)]
    mean = sum(steps) / len(steps)
    regular = mean > 0 and all(abs(step - mean) <= 0.05 * mean for step in steps)
    return round(mean, 6) if regular else None
