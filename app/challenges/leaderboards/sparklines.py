"""The distribution of an entry's scores as a small drawing. Imports no Django."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.bars import bars

WIDTH, HEIGHT = 80, 20


@dataclass(frozen=True)
class Sparkline:
    """Bars as an SVG path, and what they say in words."""

    path: str
    description: str


def sparkline(
    counts: Sequence[int], *, low: float | None, high: float | None, decimals: int
) -> Sparkline | None:
    """Return the drawing of how many cases are in which part of ``low`` to ``high``."""
    total = sum(counts)
    if not total or low is None or high is None:
        return None
    step, most = WIDTH / len(counts), max(counts)
    heights = [HEIGHT * count / most for count in counts]
    path = bars(heights, step=step, wide=step * 0.85, bottom=HEIGHT)
    upper = sum(counts[len(counts) // 2 :])
    said = f"{upper} of {total} cases are in the upper half of {low:.{decimals}f} to "
    return Sparkline(path, f"{said}{high:.{decimals}f}.")
