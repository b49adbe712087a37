"""Order the images that lie at the same position in time (or by another fourth axis).

Time points are ranked at each position separately, so it does not matter whether the scanner
stored slice by slice or volume by volume. What comes out is checked: a volume whose slices state
different time points, or different diffusion weightings, is none.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise

from app.images.conversion.dicom.frame import Frame
from app.images.conversion.dicom.moments import seconds_between
from app.images.conversion.issues import ConversionError

Rank = Callable[[Frame], tuple[float, ...] | None]
_DECLARED = ("position", "trigger")
_SHARED_VALUES = frozenset({"position", "reference", "acquisition", "b-value", "gradient"})
_CANDIDATES = (
    "position",
    "trigger",
    "dimensions",
    "reference",
    "acquisition",
    "b-value",
    "acquired",
)
_LAST_CANDIDATES = ("gradient", "content")
_TOLD_APART_BY = ("position", "b-value", "gradient")


def states_time(column: list[Frame]) -> bool:
    """Tell whether images at one position declare themselves a series over time."""
    return any(_distinct([frame.times.get(name) for frame in column]) for name in _DECLARED)


def order_in_time(columns: list[list[Frame]]) -> tuple[list[list[Frame]], float | None]:
    """Return the columns with their frames in temporal order, and the time step in seconds.

    Raises InconsistentTimePoints when nothing tells the images of a position apart.
    """
    if len(columns[0]) == 1:
        return columns, None
    for rank in _rankings(columns):
        ordered = [sorted(column, key=lambda frame: rank(frame) or ()) for column in columns]
        if _volumes_agree(ordered):
            return ordered, _time_step(ordered)
    raise ConversionError(
        "InconsistentTimePoints",
        f"{len(columns[0])} images lie at each position and nothing in them says in which "
        "order they belong.",
    )


def _rankings(columns: list[list[Frame]]) -> list[Rank]:
    """Return the ways to order the images of every position, the best first."""
    found = [_by(name) for name in _CANDIDATES if _usable(columns, name)]
    if _in_blocks(columns):
        found.append(lambda frame: frame.order)
    return found + [_by(name) for name in _LAST_CANDIDATES if _usable(columns, name)]


def _by(name: str) -> Rank:
    return lambda frame: frame.times.get(name)


def _usable(columns: list[list[Frame]], name: str) -> bool:
    values = [[frame.times.get(name) for frame in column] for column in columns]
    if not all(_distinct(column) for column in values):
        return False
    return name not in _SHARED_VALUES or len({frozenset(column) for column in values}) == 1


def _in_blocks(columns: list[list[Frame]]) -> bool:
    """Tell whether the acquisition order runs volume after volume, or position after position.

    Numbers that do neither were not given by a scanner and say nothing.
    """
    orders = [sorted(frame.order for frame in column) for column in columns]
    if not all(_distinct(column) for column in orders):
        return False
    volumes = list(zip(*orders, strict=True))
    return _follow_each_other(volumes) or _follow_each_other(orders)


def _follow_each_other(blocks: Sequence[Sequence[tuple[int, int, int]]]) -> bool:
    spans = sorted((min(block), max(block)) for block in blocks)
    return all(before[1] < after[0] for before, after in pairwise(spans))


def _volumes_agree(columns: list[list[Frame]]) -> bool:
    """Tell whether each volume has one value of whatever all positions share."""
    for name in _TOLD_APART_BY:
        values = [[frame.times.get(name) for frame in column] for column in columns]
        if any(None in column for column in values):
            continue
        if len({frozenset(column) for column in values}) > 1:
            continue
        if any(len(set(volume)) > 1 for volume in zip(*values, strict=True)):
            return False
    return True


def _distinct(values: Sequence[Hashable]) -> bool:
    return None not in values and len(set(values)) == len(values)


def _time_step(columns: list[list[Frame]]) -> float | None:
    """Return the stated temporal resolution, else the distance of acquisition times if regular."""
    frames = columns[0]
    stated = frames[0].instance.time_step or frames[0].instance.frame_seconds
    if stated is not None:
        return stated
    times = [frame.times["acquired"] for frame in frames if "acquired" in frame.times]
    if len(times) != len(frames):
        return None
    steps = [seconds_between(before, after) for before, after in pairwise(times)]
    mean = sum(steps) / len(steps)
    regular = mean > 0 and all(abs(step - mean) <= 0.05 * mean for step in steps)
    return round(mean, 6) if regular else None
