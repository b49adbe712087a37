import numpy as np
import pytest
from scipy import stats

from app.challenges.ranking.aggregates import Aggregate
from app.challenges.ranking.resampling import Design, design_of, draw_counts
from app.challenges.ranking.value_intervals import mean_interval, quantile_interval, within

RANDOM = np.random.default_rng(3)
ROWS = RANDOM.normal(2, 1, size=(60, 2))
SKEWED = np.exp(RANDOM.normal(size=(80, 1)))


def design(cases: int, *, clusters: int = 0, strata: int = 1) -> Design:
    names = [f"{case % clusters if clusters else case:03}" for case in range(cases)]
    return design_of(names, [str(int(name) % strata) for name in names])


def interval(rows: np.ndarray, how: Design, method: str, *, draws: int = 1000) -> list:
    mean = Aggregate().of(rows)
    counts = draw_counts(how, seed=1, task="t", first=0, count=draws)
    once = np.ones((1, len(rows)), dtype=np.int32)
    return mean_interval(rows, mean(once)[0], mean(counts), design=how, level=0.95, method=method)


def test_t_interval_is_the_textbooks() -> None:
    for found, column in zip(interval(ROWS, design(60), "t"), ROWS.T, strict=True):
        error = stats.sem(column)
        expected = stats.t.interval(0.95, 59, loc=column.mean(), scale=error)
        assert found == pytest.approx(expected)


def test_bca_interval_is_scipys_but_for_the_draws() -> None:
    (found,) = interval(SKEWED, design(80), "bca", draws=5000)
    ours = stats.bootstrap(
        (SKEWED[:, 0],), np.mean, n_resamples=5000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    assert found == pytest.approx((ours.low, ours.high), abs=0.06)
    (plain,) = interval(SKEWED, design(80), "percentile", draws=5000)
    assert found[1] > plain[1]  # skewed to the right: BCa reaches further there


def test_auto_is_t_for_few_cases_and_bca_for_many() -> None:
    few = ROWS[:49]
    assert interval(few, design(49), "auto") == interval(few, design(49), "t")
    assert interval(ROWS, design(60), "auto") == interval(ROWS, design(60), "bca")


def test_clusters_of_copies_are_as_wide_as_their_originals() -> None:
    """Every case four times over, said to be one: as if it were there once."""
    copies = np.concatenate([ROWS] * 4)
    for found, original in zip(
        interval(copies, design(240, clusters=60), "t"),
        interval(ROWS, design(60), "t"),
        strict=True,
    ):
        assert found == pytest.approx(original)


def test_strata_take_out_what_lies_between_them() -> None:
    level = np.repeat([0.0, 50.0], 30)[:, None]
    rows = np.sort(ROWS[:, :1], axis=0) * 0.1 + np.roll(level, 0, axis=0)
    names = [f"{case:03}" for case in range(60)]
    stratified = design_of(names, ["a"] * 30 + ["b"] * 30)
    ((low, high),) = interval(rows, stratified, "auto")
    assert high - low < 1
    ((low, high),) = interval(rows, design(60), "t")
    assert high - low > 10


def test_constant_scores_have_a_point() -> None:
    rows = np.full((60, 1), 0.7)
    for method in ("t", "bca", "percentile"):
        ((low, high),) = interval(rows, design(60), method)
        assert (low, high) == pytest.approx((0.7, 0.7))


def test_one_case_has_no_interval() -> None:
    assert interval(ROWS[:1], design(1), "auto") == [None, None]


def test_no_draws_leave_t() -> None:
    found = mean_interval(
        ROWS, ROWS.mean(axis=0), np.empty((0, 2)), design=design(60), level=0.95, method="bca"
    )
    assert found == interval(ROWS, design(60), "t")


def test_median_lies_between_order_statistics() -> None:
    rows = np.arange(1.0, 51)[:, None]
    assert quantile_interval(rows, share=0.5, level=0.95) == [(18, 33)]
    assert quantile_interval(rows[:5], share=0.5, level=0.95) == [None]


@pytest.mark.parametrize(
    ("found", "kept"),
    [((0.66, 1.01), (0.66, 1.0)), ((-0.1, 0.3), (0.0, 0.3)), ((0.2, 0.4), (0.2, 0.4))],
)
def test_an_interval_ends_where_the_metric_does(found: tuple, kept: tuple) -> None:
    assert within(found, (0.0, 1.0)) == kept
    assert within(found, None) == found
    assert within(None, (0.0, 1.0)) is None


def test_a_range_that_no_value_is_in_leaves_the_interval_as_it_is() -> None:
    assert within((82.0, 91.0), (0.0, 1.0)) == (82.0, 91.0)
