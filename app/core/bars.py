"""Bars as an SVG path, as small charts draw them. Imports no Django."""

from collections.abc import Sequence


def bars(heights: Sequence[float], *, step: float, wide: float, bottom: float) -> str:
    """Return bars from left to right, ``step`` apart; where there is nothing there is no bar."""
    return "".join(
        f"M{place * step:.2f} {bottom}v{-height:.2f}h{wide:.2f}V{bottom}z"
        for place, height in enumerate(heights)
        if height
    )
