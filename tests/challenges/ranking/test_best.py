"""One place for each entrant."""

from app.challenges.ranking import Direction, best_of_each

SCORES = {"a1": 0.5, "b1": 0.7, "a2": 0.9, "a3": 0.9}
ENTRANTS = {"a1": "a", "a2": "a", "a3": "a", "b1": "b"}


def test_the_best_of_each_and_of_equal_ones_the_first() -> None:
    best = best_of_each(SCORES, ENTRANTS, direction=Direction.HIGHER)
    assert best == {"a2": 0.9, "b1": 0.7}


def test_lower_may_be_better() -> None:
    best = best_of_each(SCORES, ENTRANTS, direction=Direction.LOWER)
    assert best == {"a1": 0.5, "b1": 0.7}


def test_nothing_of_nobody() -> None:
    assert best_of_each({}, {}, direction=Direction.HIGHER) == {}
