import numpy as np
import pytest

from app.challenges.ranking.rank_intervals import (
    bands,
    holding,
    intervals_of_tests,
    pairwise_intervals,
    percentile_intervals,
    tier,
)

NAN = np.nan


def drawn(*columns: tuple[float, float], draws: int = 400) -> np.ndarray:
    """Means and spreads of entries, as bootstrapped values."""
    random = np.random.default_rng(5)
    return np.stack([random.normal(mean, spread, draws) for mean, spread in columns], axis=1)


def test_entries_far_apart_have_one_rank_each() -> None:
    resampled = drawn((0, 0.1), (5, 0.1), (9, 0.1))
    found = pairwise_intervals(np.array([0, 5, 9.0]), resampled, level=0.95)
    assert found.tolist() == [[1, 1], [2, 2], [3, 3]]


def test_close_entries_share_their_ranks() -> None:
    resampled = drawn((0, 1), (0.1, 1), (20, 1))
    found = pairwise_intervals(np.array([0, 0.1, 20]), resampled, level=0.95)
    assert found.tolist() == [[1, 2], [1, 2], [3, 3]]


def test_identical_entries_cannot_be_told_apart() -> None:
    one = drawn((3, 1))
    resampled = np.concatenate([one, one, one + 9], axis=1)
    found = pairwise_intervals(np.array([3, 3, 12.0]), resampled, level=0.95)
    assert found.tolist() == [[1, 2], [1, 2], [3, 3]]


def test_entries_without_value_come_last_together() -> None:
    resampled = drawn((0, 0.1), (5, 0.1), (9, 0.1), (9, 0.1))
    resampled[:, [1, 3]] = NAN
    found = pairwise_intervals(np.array([0, NAN, 9, NAN]), resampled, level=0.95)
    assert found.tolist() == [[1, 1], [3, 4], [2, 2], [3, 4]]


def test_a_higher_level_never_makes_a_narrower_interval() -> None:
    values = np.array([0, 1, 2, 3, 4.0])
    resampled = drawn(*((value, 1) for value in values))
    narrow = pairwise_intervals(values, resampled, level=0.8)
    wide = pairwise_intervals(values, resampled, level=0.99)
    assert (wide[:, 0] <= narrow[:, 0]).all()
    assert (wide[:, 1] >= narrow[:, 1]).all()
    assert (wide != narrow).any()


def test_percentiles_are_ranks_that_occurred() -> None:
    ranks = np.repeat([[1.0, 2], [2, 1]], [97, 3], axis=0)
    assert percentile_intervals(ranks, level=0.95).tolist() == [[1, 2], [1, 2]]
    assert percentile_intervals(ranks, level=0.9).tolist() == [[1, 1], [2, 2]]
    assert percentile_intervals(ranks[:1], level=0.95).tolist() == [[1, 1], [2, 2]]


def test_tests_give_intervals() -> None:
    significant = np.array([[0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
    assert intervals_of_tests(significant).tolist() == [[1, 2], [1, 3], [2, 4], [3, 4]]


def test_intervals_hold_dense_ranks() -> None:
    assert holding(np.array([[3, 3.0]]), np.array([2.0])).tolist() == [[2, 3]]


@pytest.mark.parametrize(
    ("intervals", "ranks", "numbers"),
    [
        ([[1, 1], [2, 2], [3, 3]], [1, 2, 3], [1, 2, 3]),
        ([[1, 2], [1, 3], [2, 3]], [1, 2, 3], [1, 1, 2]),
        ([[2, 3], [1, 1], [2, 3]], [2, 1, 3], [2, 1, 2]),
        ([[1, 2], [1, 2]], [1, 1], [1, 1]),
        ([], [], []),
    ],
)
def test_bands(intervals, ranks, numbers) -> None:
    assert bands(np.array(intervals).reshape(-1, 2), np.array(ranks, dtype=float)) == numbers


def test_tiers() -> None:
    assert [tier(1, 3), tier(2, 2), tier(1.5, 3)] == ["1-3", "2", "1.5-3"]
