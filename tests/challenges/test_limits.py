"""How many submissions are left, in pure terms."""

from datetime import UTC, datetime, timedelta

import pytest

from app.challenges.limits import Allowance, Extra, Limit, allowance, tightest
from app.challenges.words import again_words, wait_words

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def left(limit: Limit, *used: float, extras: tuple[Extra, ...] = ()) -> Allowance:
    return allowance(limit, used=[days_ago(one) for one in used], extras=extras, now=NOW)


def test_in_the_whole_phase_nothing_comes_back() -> None:
    found = left(Limit(2), 400, 1)
    assert (found.used, found.left, found.next_at) == (2, 0, None)


def test_in_some_days_it_comes_back_when_the_oldest_is_past() -> None:
    found = left(Limit(2, 7), 6.5, 3, 9)
    assert (found.used, found.left) == (2, 0)
    assert found.next_at == NOW + timedelta(days=0.5)


def test_at_that_moment_there_is_one() -> None:
    limit, used = Limit(1, 1), [days_ago(0.25)]
    moment = left(limit, 0.25).next_at
    assert moment is not None
    assert allowance(limit, used=used, extras=(), now=moment).left == 1
    just_before = moment - timedelta(microseconds=1)
    assert allowance(limit, used=used, extras=(), now=just_before).left == 0


def test_whoever_is_over_the_limit_waits_for_more_than_one() -> None:
    found = left(Limit(1, 7), 6, 5, 4)
    assert (found.left, found.next_at) == (0, NOW + timedelta(days=3))


def test_extras_are_on_top_for_the_days_of_the_limit() -> None:
    assert left(Limit(1, 7), 1, 2, extras=(Extra(2, days_ago(3)),)).left == 1
    assert left(Limit(1, 7), 1, 2, extras=(Extra(2, days_ago(8)),)).left == 0
    assert left(Limit(1), 1, 2, extras=(Extra(2, days_ago(300)),)).left == 1


def test_an_extra_that_ends_meanwhile_is_thought_of() -> None:
    found = left(Limit(1, 7), 6, 5, extras=(Extra(1, days_ago(6.5)),))
    assert found.next_at == NOW + timedelta(days=2), "the extra is gone before the first comes back"


def test_the_tightest_is_the_one_with_the_least_left() -> None:
    loose, tight = left(Limit(9), 1), left(Limit(2), 1)
    assert tightest([loose, tight]) is tight
    assert tightest([]) is None


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(seconds=1), "1 min"),
        (timedelta(minutes=61, seconds=1), "62 min"),
        (timedelta(hours=2, minutes=1), "3 h"),
        (timedelta(days=2, seconds=1), "3 days"),
        (timedelta(seconds=-5), "1 min"),
    ],
)
def test_waits_are_rounded_up(wait: timedelta, words: str) -> None:
    assert wait_words(wait) == words


def test_the_next_time_is_said_in_words() -> None:
    said = again_words(NOW + timedelta(hours=3), NOW)
    assert said == "You may submit again in 3 h, at 27 Nov 2026, 15:00 UTC."
    assert again_words(None, NOW) == ""
