import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from app.challenges.ranking.stability import frequencies, kendall_tau, stability_of

RESAMPLED = np.array([[1, 2, 3], [1, 1, 3], [2, 1, 3], [1, 2, 3.0]])


def test_winners_share_a_shared_first_place() -> None:
    found = stability_of(np.array([1, 2, 3.0]), RESAMPLED)
    assert found.winner.tolist() == [2.5 / 4, 1.5 / 4, 0]


def test_above_counts_an_equal_rank_as_half() -> None:
    found = stability_of(np.array([1, 2, 3.0]), RESAMPLED)
    assert found.above is not None
    assert found.above.tolist() == [
        [0.5, 2.5 / 4, 1],
        [1.5 / 4, 0.5, 1],
        [0, 0, 0.5],
    ]


def test_tau_by_hand() -> None:
    """With one tie of three pairs: 2 / sqrt(3 * 2)."""
    found = stability_of(np.array([1, 2, 3.0]), RESAMPLED)
    assert found.tau.tolist() == pytest.approx([1, 2 / np.sqrt(6), 1 / 3, 1])


def test_frequencies_of_ranks() -> None:
    assert frequencies(RESAMPLED) == [
        [(1, 0.75), (2, 0.25)],
        [(1, 0.5), (2, 0.5)],
        [(3, 1)],
    ]


@given(arrays.arrays(float, st.integers(1, 8), elements=st.integers(1, 4)), st.data())
def test_tau_is_scipys_b(ranks, data) -> None:
    other = data.draw(arrays.arrays(float, (1, len(ranks)), elements=st.integers(1, 4)))
    expected = stats.kendalltau(ranks, other[0]).statistic if len(ranks) > 1 else np.nan
    assert kendall_tau(ranks, other)[0] == pytest.approx(expected, nan_ok=True)


def test_table_of_pairs_is_left_out_where_it_would_be_huge() -> None:
    ranks = np.arange(1.0, 202)
    assert stability_of(ranks, ranks[None]).above is None
    assert stability_of(ranks[:200], ranks[None, :200]).above is not None
