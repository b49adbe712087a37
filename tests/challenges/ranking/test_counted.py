"""Which result of each entrant counts: the latest, the chosen one, or the one on the ladder."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.challenges.ranking import (
    Direction,
    best_of_each,
    chosen_of_each,
    ladder_of_each,
    latest_of_each,
)
from app.challenges.ranking.counted import is_gain

SCORES = {"a1": 0.5, "b1": 0.7, "a2": 0.9, "a3": 0.6}
ENTRANTS = {"a1": "a", "a2": "a", "a3": "a", "b1": "b"}
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HIGHER, LOWER = Direction.HIGHER, Direction.LOWER
numbers = st.floats(-1e6, 1e6).map(lambda number: round(number, 6))
tries = st.lists(st.tuples(st.sampled_from("abc"), numbers), max_size=30)


def test_the_latest_counts_even_if_it_is_worse() -> None:
    assert latest_of_each(SCORES, ENTRANTS) == {"a3": 0.6, "b1": 0.7}


def test_the_choice_that_was_made_last_counts_and_without_one_the_other_rule() -> None:
    best = best_of_each(SCORES, ENTRANTS, direction=HIGHER)
    chosen = {"a1": NOON + HOUR, "a3": NOON, "gone": NOON + 2 * HOUR}
    found = chosen_of_each(SCORES, ENTRANTS, chosen=chosen, otherwise=best)
    assert found == {"a1": 0.5, "b1": 0.7}


@pytest.mark.parametrize(
    ("score", "held", "direction", "step", "gained"),
    [
        (0.3, 0.2, HIGHER, 0.1, True),
        (0.8, 0.7, HIGHER, 0.1, True),
        (0.29, 0.2, HIGHER, 0.1, False),
        (0.2, 0.3, LOWER, 0.1, True),
        (0.3, 0.2, LOWER, 0.1, False),
        (0.2, 0.2, HIGHER, 0, False),
        (0.2000001, 0.2, HIGHER, 0, True),
        (1e300, -1e300, HIGHER, 1e-300, True),
    ],
)
def test_a_gain_is_counted_in_decimals(
    score: float, held: float, direction: Direction, step: float, gained: bool
) -> None:
    assert is_gain(score, held, direction=direction, step=step) == gained


def test_small_gains_do_not_add_up_step_by_step_but_from_what_is_shown() -> None:
    scores = {"1": 0.5, "2": 0.52, "3": 0.54, "4": 0.55, "5": 0.56, "6": 0.4}
    entrants = dict.fromkeys(scores, "a")
    assert ladder_of_each(scores, entrants, direction=HIGHER, step=0.05) == {"4": 0.55}


@given(tries, st.floats(0, 1e3), st.sampled_from(Direction))
def test_what_the_ladder_shows_moves_by_steps_only_and_stays_near_the_best(
    made: list[tuple[str, float]], step: float, direction: Direction
) -> None:
    entrants = {at: entrant for at, (entrant, _) in enumerate(made)}
    before: dict[str, float] = {}
    for until in range(1, len(made) + 1):
        scores = {at: score for at, (_, score) in enumerate(made[:until])}
        found = ladder_of_each(scores, entrants, direction=direction, step=step)
        shown = {entrants[at]: score for at, score in found.items()}
        best = best_of_each(scores, entrants, direction=direction)
        assert len(shown) == len(found) == len(best)
        for at, score in best.items():
            held = shown[entrants[at]]
            assert score == held or not is_gain(score, held, direction=direction, step=step)
        for entrant, score in before.items():
            moved = is_gain(shown[entrant], score, direction=direction, step=step)
            assert moved or shown[entrant] == score
        before = shown


@given(tries, st.sampled_from(Direction))
def test_a_ladder_without_a_step_is_the_best(
    made: list[tuple[str, float]], direction: Direction
) -> None:
    scores = {at: score for at, (_, score) in enumerate(made)}
    entrants = {at: entrant for at, (entrant, _) in enumerate(made)}
    best = best_of_each(scores, entrants, direction=direction)
    assert ladder_of_each(scores, entrants, direction=direction, step=0) == best
