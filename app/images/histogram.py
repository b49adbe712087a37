"""The stored histogram of an image as a drawing: heights are logarithms of counts."""

import math
from dataclasses import dataclass
from typing import Any

from app.core.bars import bars

WIDTH, HEIGHT = 384, 120
_COLORS = ("red", "green", "blue")


@dataclass(frozen=True)
class Bars:
    """Bars of one channel as an SVG path; ``channel`` is empty for gray values."""

    channel: str
    path: str


@dataclass(frozen=True)
class Chart:
    """What the page draws and says. ``window`` is x and width of the window, if it is stated."""

    bars: list[Bars]
    window: tuple[float, float] | None
    low: str
    high: str
    mean: str
    percentiles: list[tuple[str, str]]

    @property
    def description(self) -> str:
        """The drawing in words."""
        shares = ", ".join(f"{share} are at most {value}" for share, value in self.percentiles)
        return f"Values from {self.low} to {self.high}, {self.mean} on average. {shares}."


def chart_of(stored: Any, *, center: float | None, width: float | None) -> Chart | None:
    """Return the drawing of what `app.images.services.summary` stored, or nothing without it."""
    if not isinstance(stored, dict) or not stored.get("counts"):
        return None
    counts = stored["counts"]
    channels = _COLORS if len(counts) == len(_COLORS) else ("",)
    top = max(max(row) for row in counts)
    span = len(counts[0]) * stored["width"]
    return Chart(
        bars=[
            Bars(channel, _path(row, top=top))
            for channel, row in zip(channels, counts, strict=False)
        ],
        window=_window(stored["low"], span, center, width),
        low=number(stored["low"]),
        high=number(stored["high"]),
        mean=number(stored["mean"]),
        percentiles=[(f"{share} %", number(v)) for share, v in stored["percentiles"].items()],
    )


def number(value: float) -> str:
    """Return a number as people write it: whole ones whole, others with four digits."""
    if float(value).is_integer() and abs(value) < 1e9:
        return f"{int(value):,}".replace(",", "\u202f").replace("-", "\u2212")
    return f"{value:.4g}".replace("-", "\u2212")


def _path(counts: list[int], *, top: int) -> str:
    step = WIDTH / len(counts)
    heights = [
        max(1.0, HEIGHT * math.log1p(count) / math.log1p(top)) if count else 0 for count in counts
    ]
    return bars(heights, step=step, wide=step, bottom=HEIGHT)


def _window(
    low: float, span: float, center: float | None, width: float | None
) -> tuple[float, float] | None:
    """Return where the window lies in the drawing, cut off at its ends."""
    if center is None or not width or width <= 0 or span <= 0:
        return None
    start, end = ((center + side * width / 2 - low) / span * WIDTH for side in (-1, 1))
    start, end = max(0.0, start), min(float(WIDTH), end)
    return (round(start, 2), round(end - start, 2)) if end > start else None
