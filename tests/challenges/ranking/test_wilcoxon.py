import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from app.challenges.ranking.wilcoxon import SignedRanks, holm, holm_significant, p_values

LOSSES = arrays.arrays(
    float,
    st.tuples(st.integers(1, 15), st.just(3)),
    elements=st.sampled_from([0.0, 1, 2, 3, 5, 8, 8.5, np.inf]),
)


def z_of(losses: np.ndarray) -> np.ndarray:
    return SignedRanks(losses).z(np.ones((1, len(losses)), dtype=np.int32))[0]


def plainly(differences: np.ndarray) -> float:
    """z by the book: zeros dropped, mean ranks, tie-corrected, continuity correction."""
    differences = differences[differences != 0]
    if not len(differences):
        return -np.inf
    n = len(differences)
    ranks = stats.rankdata(np.abs(differences))
    _, ties = np.unique(np.abs(differences), return_counts=True)
    variance = n * (n + 1) * (2 * n + 1) / 24 - (ties**3 - ties).sum() / 48
    return float((ranks[differences > 0].sum() - n * (n + 1) / 4 - 0.5) / np.sqrt(variance))


def test_hand_worked_example() -> None:
    """Differences 1, 2, 3, 4, -5: W is 10, its mean 7.5, its variance 13.75."""
    losses = np.array([[0, 1], [0, 2], [0, 3], [0, 4], [5, 0]], dtype=float)
    z = z_of(losses)
    assert z[0, 1] == pytest.approx(2 / np.sqrt(13.75))
    assert z[1, 0] == pytest.approx(-3 / np.sqrt(13.75))
    p = p_values(z)
    assert p[0, 1] == pytest.approx(0.2948, abs=5e-5)
    assert p[1, 0] == pytest.approx(stats.norm.sf(-3 / np.sqrt(13.75)))


def test_zeros_are_dropped_and_ties_share_the_mean_rank() -> None:
    """Differences 0, 1, 1, -1, 2: ranks 2, 2, 2, 4, so W = 8, variance 7.5 - 24 / 48 = 7."""
    losses = np.array([[0, 0], [0, 1], [0, 1], [1, 0], [0, 2]], dtype=float)
    assert z_of(losses)[0, 1] == pytest.approx((8 - 5 - 0.5) / np.sqrt(7))


def test_four_clear_cases_are_significant() -> None:
    """As in challengeR's own example: 0.2 against 1.0 in four cases, p = 0.036."""
    losses = np.array([[0.2, 1.0]] * 4)
    z = z_of(losses)
    assert p_values(z)[0, 1] == pytest.approx(0.0359, abs=5e-5)
    significant = holm_significant(z[None], alpha=0.05)[0]
    assert significant.tolist() == [[False, False], [False, False]]  # two tests: 0.0718
    assert holm_significant(z[None], alpha=0.1)[0].tolist() == [[False, True], [False, False]]


def test_no_difference_has_p_1() -> None:
    losses = np.array([[1.0, 1], [2, 2], [np.inf, np.inf]])
    assert p_values(z_of(losses)).tolist() == [[1, 1], [1, 1]]


def test_a_missing_score_is_the_largest_difference() -> None:
    missing = z_of(np.array([[0, 1], [0, 2], [np.inf, 0], [np.inf, 1]]))
    largest = z_of(np.array([[0, 1], [0, 2], [99.0, 0], [99, 0]]))
    assert missing.tolist() == largest.tolist()


@given(LOSSES, st.data())
def test_every_resample_has_the_z_of_its_cases_written_out(losses, data) -> None:
    counts = data.draw(arrays.arrays(np.int32, (3, len(losses)), elements=st.integers(0, 3)))
    found = SignedRanks(losses).z(counts)
    finite = np.where(np.isinf(losses), 1e6, losses)
    for z, count in zip(found, counts, strict=True):
        drawn = np.repeat(finite, count, axis=0)
        drawn_inf = np.repeat(losses, count, axis=0)
        for a in range(3):
            for b in range(3):
                d = drawn[:, b] - drawn[:, a]
                # All differences with a missing score are ties.
                one_missing = np.isinf(drawn_inf[:, a]) != np.isinf(drawn_inf[:, b])
                d = np.where(one_missing, np.sign(d) * 1e6, d)
                expected = -np.inf if a == b else plainly(d)
                assert z[a, b] == pytest.approx(expected, rel=1e-12)


def test_many_cases_do_not_overflow() -> None:
    random = np.random.default_rng(1)
    for cases in (40_000, 60_000):
        losses = random.normal(size=(cases, 2)).round(2)
        assert z_of(losses)[0, 1] == pytest.approx(plainly(losses[:, 1] - losses[:, 0]))


def test_holm_by_hand() -> None:
    """Sorted 0.01, 0.02, 0.03, 1: times 4, 3, 2, 1 is 0.04, 0.06, 0.06, 1."""
    assert holm(np.array([0.03, 0.01, 1, 0.02])).tolist() == pytest.approx([0.06, 0.04, 1, 0.06])
    assert holm(np.array([])).tolist() == []


@given(LOSSES, st.sampled_from([0.01, 0.05, 0.3]))
def test_significance_is_holms_p_at_most_alpha(losses, alpha) -> None:
    z = z_of(losses)
    off = ~np.eye(3, dtype=bool)
    adjusted = holm(p_values(z)[off])
    significant = holm_significant(z[None], alpha=alpha)[0]
    close = np.abs(adjusted - alpha) < 1e-9
    assert ((adjusted <= alpha) | close).tolist() == (significant[off] | close).tolist()
    assert not significant.diagonal().any()


def test_one_entry_has_no_pair() -> None:
    assert holm_significant(z_of(np.zeros((3, 1)))[None], alpha=0.05).tolist() == [[[False]]]
