"""The distribution of an entry's scores as a small drawing. Imports no Django."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    path = "".join(
        f"M{at * step:.1f} {HEIGHT}v{-HEIGHT * count / most:.1f}h{step * 0.85:.2f}V{HEIGHT}z"
        for at, count in enumerate(counts)
        if count
    )
    upper = sum(counts[len(counts) // 2 :])
    said = f"{upper} of {total} cases are in the upper half of {low:.{decimals}f} to "
    return Sparkline(path, f"{said}{high:.{decimals}f}.")
