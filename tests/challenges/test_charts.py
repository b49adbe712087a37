"""Numbers over time as drawings."""

import re
from datetime import date, timedelta

import pytest

from app.challenges.charts import HEIGHT, MOST_BARS, WIDTH, growth, over_time

FIRST = date(2026, 3, 1)


def bars(path: str) -> list[tuple[float, float]]:
    """Return where each bar begins, and its height."""
    found = re.findall(r"M([\d.]+) \d+v-([\d.]+)h", path)
    return [(float(x), float(height)) for x, height in found]


def test_nothing_is_not_drawn() -> None:
    assert over_time("a", "A", {}, until=FIRST) is None
    assert growth("a", "A", {}, until=FIRST) is None


def test_a_bar_for_each_day_with_something() -> None:
    chart = over_time("a", "A", {FIRST: 2, FIRST + timedelta(days=3): 4}, until=FIRST)
    assert chart is not None
    (first, low), (last, high) = bars(chart.path)
    assert (first, last) == pytest.approx((WIDTH * 10 / 14, WIDTH * 13 / 14), abs=0.01)
    assert (chart.first, chart.last) == (FIRST - timedelta(days=10), FIRST + timedelta(days=3))
    assert high == 2 * low <= HEIGHT
    assert chart.description == "6 in all, the first on 2026-03-01. At most 4 in a day."


def test_days_are_put_together_where_they_are_many() -> None:
    days = {FIRST + timedelta(days=n): 1 for n in range(400)}
    chart = over_time("a", "A", days, until=FIRST)
    assert chart is not None
    assert len(bars(chart.path)) <= MOST_BARS
    assert "At most 7 in 7 days." in chart.description


def test_growth_only_grows_and_goes_on_until_today() -> None:
    chart = growth("a", "A", {FIRST: 1, FIRST + timedelta(days=2): 3}, until=date(2026, 3, 10))
    assert chart is not None
    heights = [height for _, height in bars(chart.path)]
    assert heights == sorted(heights)
    assert len(heights) == 10
    assert heights[0] * 4 == heights[-1]
    assert chart.last == date(2026, 3, 10)
