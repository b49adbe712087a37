"""Sizes, durations and moments in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import timezone as zones
from typing import Any

import pytest
from django.template.defaultfilters import floatformat
from django.utils import timezone
from django.utils.dateformat import format as format_date

from app.design.units import ago_words, decimal_words, duration_words, filesize_words, moment_words
from tests.design.rendering import Elements, render


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (1_234_567, "1.23 MB"),
        (9_996_000, "10.0 MB"),
        (99_960_000, "100 MB"),
        (999_700_000, "1.00 GB"),
        (68_157_440_123, "68.2 GB"),
        (5 * 10**15, "5.00 PB"),
        (5 * 10**19, "50000 PB"),
    ],
)
def test_sizes(size: int, words: str) -> None:
    assert filesize_words(size) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.34, "340 ms"),
        (0.9996, "1.0 s"),
        (9.94, "9.9 s"),
        (9.97, "10 s"),
        (59.6, "1 min 00 s"),
        (431, "7 min 11 s"),
        (3599.7, "1 h 00 min"),
        (7533, "2 h 05 min"),
        (48 * 3600, "2 d 0 h"),
        (-90, "-1 min 30 s"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(seconds=-5), "in a moment"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=-3), "in 3 days"),
        (timedelta(days=45), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_moments(gap: timedelta, words: str) -> None:
    now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    assert ago_words(now - gap, now=now) == words


def test_a_moment_is_readable_by_machines() -> None:
    moment = timezone.now() - timedelta(hours=3)
    page = Elements(render("{{ moment|ago }}", moment=moment))
    time = page.one("time")
    assert page.text == "3 hours ago"
    assert datetime.fromisoformat(time["datetime"] or "") == moment.replace(microsecond=0)
    assert "data-relative" in time


def test_an_exact_moment_names_its_zone() -> None:
    moment = datetime(2026, 11, 21, 9, 12, tzinfo=UTC)
    assert Elements(render("{{ moment|when }}", moment=moment)).text == "21 Nov 2026, 09:12 UTC"


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("zone", [UTC, zones(timedelta(hours=-3, minutes=-30))])
def test_a_moment_is_written_as_django_writes_it(month: int, zone: Any) -> None:
    moment = datetime(2026, month, 2 * month, month, 5 * month - 1, tzinfo=zone)
    assert moment_words(moment) == format_date(moment, "j M Y, H:i T")


def test_a_moment_without_a_zone_names_none() -> None:
    assert moment_words(datetime(2026, 11, 2, 9, 12)) == "2026-11-02 09:12:00"  # noqa: DTZ001


NUMBERS = (0, 1, -7, 0.5, 1.5, -2.5, 0.125, 0.1 + 0.2, 2.675, -0.00004, 1e-5, 1e9, 123456.789, 1e22)
UNUSUAL = (1e300, -4e250, float("inf"), float("-inf"), float("nan"))


@pytest.mark.parametrize("digits", [0, 1, 4, 9])
@pytest.mark.parametrize("number", [*NUMBERS, *UNUSUAL])
def test_a_number_is_written_as_django_writes_it(number: float, digits: int) -> None:
    assert decimal_words(number, digits) == floatformat(number, digits)


def test_no_number_is_no_text_in_a_table() -> None:
    assert render("{{ value|fixed:2 }}", value=None) == ""
    assert render("{{ value|fixed:2 }}", value=-0.001) == "0.00"


@pytest.mark.parametrize("name", ["filesize_h", "duration_h", "ago", "when"])
def test_nothing_is_shown_as_a_dash(name: str) -> None:
    assert render("{{ value|" + name + " }}", value=None) == "–"


@pytest.mark.parametrize("value", [7533, 7533.0, timedelta(seconds=7533)])
def test_a_duration_may_be_seconds_or_a_timedelta(value: Any) -> None:
    assert render("{{ value|duration_h }}", value=value) == "2 h 05 min"
