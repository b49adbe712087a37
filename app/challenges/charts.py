"""Numbers over time as drawings of bars. Imports no Django."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.core.bars import bars

WIDTH, HEIGHT = 384, 120
MOST_BARS = 64
FEWEST_DAYS = 14


@dataclass(frozen=True)
class Chart:
    """Bars as an SVG path with what a page says of them; ``key`` is its name within a page."""

    key: str
    title: str
    path: str
    first: date
    last: date
    description: str


def over_time(key: str, title: str, days: Mapping[date, int], *, until: date) -> Chart | None:
    """Return how much there was on each day, or on some days together where they are many."""
    return _chart(key, title, days, until=until, grows=False)


def growth(key: str, title: str, days: Mapping[date, int], *, until: date) -> Chart | None:
    """Return how much there was in all by each day."""
    return _chart(key, title, days, until=until, grows=True)


def _chart(
    key: str, title: str, days: Mapping[date, int], *, until: date, grows: bool
) -> Chart | None:
    if not days:
        return None
    began, last = min(days), max(until, *days)
    first = min(began, last - timedelta(days=FEWEST_DAYS - 1))
    width = math.ceil(((last - first).days + 1) / MOST_BARS)
    heights = _together(days, first=first, last=last, width=width)
    if grows:
        heights = [sum(heights[: place + 1]) for place in range(len(heights))]
    total, most = sum(days.values()), max(heights)
    each = "a day" if width == 1 else f"{width} days"
    said = f"{total} in all, the first on {began.isoformat()}."
    if not grows:
        said += f" At most {most} in {each}."
    return Chart(key, title, _path(heights, most), first, last, said)


def _together(days: Mapping[date, int], *, first: date, last: date, width: int) -> list[int]:
    found = [0] * ((last - first) // timedelta(days=width) + 1)
    for day, count in days.items():
        found[(day - first).days // width] += count
    return found


def _path(heights: list[int], most: int) -> str:
    step = WIDTH / len(heights)
    scale = (HEIGHT - 4) / most
    drawn = [height * scale for height in heights]
    return bars(drawn, step=step, wide=step - min(2.0, step / 8), bottom=HEIGHT)
