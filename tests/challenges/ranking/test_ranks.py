import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from app.challenges.ranking import Direction, rank_positions
from app.challenges.ranking.ranks import Ties, rank_rows

NAN = np.nan


@pytest.mark.parametrize(
    ("losses", "ties", "ranks"),
    [
        ([3, 1, 2], Ties.MIN, [3, 1, 2]),
        ([1, 1, 2], Ties.MIN, [1, 1, 3]),
        ([1, 1, 2], Ties.AVERAGE, [1.5, 1.5, 3]),
        ([1, 1, 2], Ties.DENSE, [1, 1, 2]),
        ([0.0, -0.0, 1], Ties.MIN, [1, 1, 3]),
        # Missing ones come after the largest rank given, and share what comes next.
        ([2, NAN, 1], Ties.MIN, [2, 3, 1]),
        ([1, 1, NAN, NAN], Ties.MIN, [1, 1, 2, 2]),
        ([1, 1, NAN, NAN], Ties.DENSE, [1, 1, 2, 2]),
        ([1, 2, NAN, NAN], Ties.AVERAGE, [1, 2, 3.5, 3.5]),
        ([NAN, NAN], Ties.MIN, [1, 1]),
        ([NAN, NAN], Ties.AVERAGE, [1.5, 1.5]),
        ([5], Ties.MIN, [1]),
        ([], Ties.MIN, []),
    ],
)
def test_ranks_of_one_row(losses, ties, ranks) -> None:
    assert rank_rows(np.array([losses], dtype=float), ties=ties).tolist() == [ranks]


ROWS = arrays.arrays(
    float, st.tuples(st.integers(0, 4), st.integers(1, 8)), elements=st.integers(-3, 3)
)


@given(ROWS, st.sampled_from(Ties))
def test_ranks_are_scipys(losses, ties) -> None:
    if len(losses):
        expected = stats.rankdata(losses, method=ties.value, axis=1)
        assert rank_rows(losses, ties=ties).tolist() == expected.tolist()


@given(st.dictionaries(st.integers(), st.integers(-3, 3), min_size=1))
def test_ranks_are_those_of_the_leaderboard(scores) -> None:
    losses = -np.array([list(scores.values())], dtype=float)
    expected = rank_positions(scores, direction=Direction.HIGHER)
    assert rank_rows(losses, ties=Ties.MIN)[0].tolist() == list(expected.values())
