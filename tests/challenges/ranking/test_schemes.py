"""Worked by hand: every scheme on tables small enough to follow."""

import numpy as np
import pytest

from tests.challenges.ranking.tables import pick, ranked

ABSOLUTE = {"kind": "absolute"}
MEDIAN = {"kind": "aggregate-then-rank", "aggregate": "median"}
PER_CASE = {"kind": "rank-then-aggregate"}
TESTS = {"kind": "test-based"}
ZERO = {"rule": "value", "value": 0}

THREE = {"a": [0.9, 0.8, 0.1], "b": [0.8, 0.7, 0.9], "c": [0.7, 0.6, 0.8]}


def test_mean_and_median_disagree_where_one_case_fails() -> None:
    """Means 0.6, 0.8, 0.7; medians 0.8, 0.8, 0.7."""
    mean = ranked(THREE, ABSOLUTE)
    assert pick(mean, "value") == pytest.approx({"a": 0.6, "b": 0.8, "c": 0.7})
    assert pick(mean, "rank") == {"a": 3, "b": 1, "c": 2}
    median = ranked(THREE, MEDIAN)
    assert pick(median, "value") == {"a": 0.8, "b": 0.8, "c": 0.7}
    assert pick(median, "rank") == {"a": 1, "b": 1, "c": 3}


def test_ranks_of_each_case_are_aggregated() -> None:
    """Ranks a: 1, 1, 3; b: 2, 2, 1; c: 3, 3, 2."""
    mean = ranked(THREE, PER_CASE)
    assert pick(mean, "value") == pytest.approx({"a": 5 / 3, "b": 5 / 3, "c": 8 / 3})
    assert pick(mean, "rank") == {"a": 1, "b": 1, "c": 3}
    median = ranked(THREE, {**PER_CASE, "aggregate": "median"})
    assert pick(median, "value") == {"a": 1, "b": 2, "c": 3}


def test_lower_can_be_better() -> None:
    plan = {"metrics": {"dice": {"direction": "lower"}}}
    assert pick(ranked(THREE, ABSOLUTE, **plan), "rank") == {"a": 1, "b": 3, "c": 2}
    assert pick(ranked(THREE, PER_CASE, **plan), "rank") == {"a": 2, "b": 2, "c": 1}


@pytest.mark.parametrize(
    ("ties", "ranks"),
    [
        ("min", {"a": 1, "b": 1, "c": 3}),
        ("average", {"a": 1.5, "b": 1.5, "c": 3}),
        ("dense", {"a": 1, "b": 1, "c": 2}),
    ],
)
def test_ties_follow_the_rule(ties, ranks) -> None:
    assert pick(ranked({"a": [1], "b": [1], "c": [0]}, ABSOLUTE, ties=ties), "rank") == ranks


def test_means_of_decimals_tie_where_they_are_equal() -> None:
    scores = {"a": [0.1, 0.2], "b": [0.3, 0.0], "c": [0.15, 0.15]}
    assert pick(ranked(scores, ABSOLUTE), "rank") == {"a": 1, "b": 1, "c": 1}


MISSING = {"a": [0.9, None, 0.9], "b": [0.5, 0.5, 0.5], "c": [0.4, None, None]}


def test_worst_rank_for_a_mean_is_behind_all_that_have_one() -> None:
    found = ranked(MISSING, ABSOLUTE)
    assert pick(found, "rank") == {"a": 2, "b": 1, "c": 2}
    assert pick(found, "value") == {"a": None, "b": 0.5, "c": None}
    assert pick(found, "missing") == {"a": 1, "b": 0, "c": 2}
    assert "1 of its scores are missing" in found["a"]["reason"]
    assert "reason" not in found["b"]


def test_fixed_value_stands_for_a_missing_score() -> None:
    found = ranked(MISSING, ABSOLUTE, missing=ZERO)
    assert pick(found, "value") == pytest.approx({"a": 0.6, "b": 0.5, "c": 0.4 / 3})
    assert pick(found, "rank") == {"a": 1, "b": 2, "c": 3}


def test_missing_rank_of_a_case_comes_after_the_largest_given() -> None:
    """Ranks a: 1, 2, 1; b: 2, 1, 2; c: 3, 2, 3: in the second case only b has a score."""
    found = ranked(MISSING, PER_CASE)
    assert pick(found, "value") == pytest.approx({"a": 4 / 3, "b": 5 / 3, "c": 8 / 3})
    average = ranked(MISSING, PER_CASE, ties="average")
    assert pick(average, "value") == pytest.approx({"a": 4.5 / 3, "b": 5 / 3, "c": 8.5 / 3})


def test_metrics_rule_for_missing_overrides_the_plans() -> None:
    metrics = {"dice": {"direction": "higher", "missing": ZERO}}
    found = ranked(MISSING, ABSOLUTE, metrics=metrics, missing={"rule": "worst"})
    assert found["a"]["rank"] == 1


def test_a_missing_score_is_beaten_in_a_test() -> None:
    """Worse than any score given; where both are missing nothing differs."""
    scores = {"a": [None] * 8, "b": [0.1] * 8, "c": [None] * 8}
    found = ranked(scores, TESTS)
    assert pick(found, "value") == {"a": 0, "b": 1, "c": 0}
    assert pick(found, "rank") == {"a": 2, "b": 1, "c": 2}


def test_share_of_significant_wins() -> None:
    """Ten clear cases: a beats b and c, b beats c; Holm over six tests."""
    scores = {
        "a": [0.9 + case / 100 for case in range(10)],
        "b": [0.6 + case / 100 for case in range(10)],
        "c": [0.3 + case / 100 for case in range(10)],
    }
    found = ranked(scores, TESTS)
    assert pick(found, "value") == {"a": 1, "b": 0.5, "c": 0}
    assert pick(found, "interval") == {"a": [1, 1], "b": [2, 2], "c": [3, 3]}


def test_one_case_shows_nothing_significant() -> None:
    found = ranked({"a": [0.9], "b": [0.1]}, TESTS)
    assert pick(found, "rank") == {"a": 1, "b": 1}
    assert pick(found, "interval") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize("scheme", [ABSOLUTE, MEDIAN, PER_CASE, TESTS])
def test_one_entry_is_first(scheme) -> None:
    found = ranked({"a": [0.9, 0.8]}, scheme, bootstrap={"seed": 1, "draws": 10})
    assert (found["a"]["rank"], found["a"]["interval"]) == (1, [1, 1])


@pytest.mark.parametrize("scheme", [ABSOLUTE, MEDIAN, PER_CASE, TESTS])
def test_identical_entries_share_rank_and_interval(scheme) -> None:
    random = np.random.default_rng(2)
    one = random.random(20).tolist()
    scores = {"a": one, "b": one, "c": [value - 0.5 for value in one]}
    found = ranked(scores, scheme, bootstrap={"seed": 1, "draws": 100})
    assert pick(found, "rank") == {"a": 1, "b": 1, "c": 3}
    assert pick(found, "interval") == {"a": [1, 2], "b": [1, 2], "c": [3, 3]}
    assert pick(found, "band") == {"a": 1, "b": 1, "c": 2}
    assert pick(found, "tier") == {"a": "1-2", "b": "1-2", "c": "3"}
