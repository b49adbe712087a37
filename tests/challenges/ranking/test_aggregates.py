import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app.challenges.ranking.aggregates import Aggregate, decimal_grid

MEDIAN = Aggregate(0.5)
ROWS = arrays.arrays(
    float, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.floats(-1e6, 1e6)
)


def once(rows: np.ndarray) -> np.ndarray:
    return np.ones((1, len(rows)), dtype=np.int32)


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def test_names() -> None:
    assert [one.name for one in (Aggregate(), MEDIAN, Aggregate(0.05))] == [
        "mean",
        "median",
        "quantile-0.05",
    ]


@pytest.mark.parametrize(
    ("values", "share", "quantile"),
    [
        ((1, 2, 3, 4), 0.5, 2.5),
        ((1, 2, 3), 0.5, 2),
        ((1, 2, 3, 4), 0.25, 1.75),  # type 6 gives 1.25, type 1 gives 1
        ((1, 2, 3, 4, 5), 0.9, 4.6),
        ((7,), 0.3, 7),
    ],
)
def test_quantiles_are_of_type_7(values, share, quantile) -> None:
    rows = column(*values)
    assert Aggregate(share).of(rows)(once(rows))[0, 0] == pytest.approx(quantile)


@given(ROWS, st.data())
def test_resample_is_its_rows_repeated(rows, data) -> None:
    """Counting rows gives what numpy gives for the rows written out."""
    counts = data.draw(arrays.arrays(np.int32, (2, len(rows)), elements=st.integers(0, 4)))
    for aggregate, plainly in (
        (Aggregate(), lambda drawn: drawn.mean(axis=0)),
        (MEDIAN, lambda drawn: np.median(drawn, axis=0)),
        (Aggregate(0.9), lambda drawn: np.quantile(drawn, 0.9, axis=0)),
    ):
        found = aggregate.of(rows)(counts)
        for result, count in zip(found, counts, strict=True):
            if count.sum():
                expected = plainly(np.repeat(rows, count, axis=0))
                np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-6)
            else:
                assert np.isnan(result).all()


def test_decimals_are_summed_exactly() -> None:
    """0.1 + 0.2 and 0.3 + 0 have one mean, which floating point would not give."""
    rows = np.array([[0.1, 0.3], [0.2, 0.0]])
    assert sum(rows[:, 0]) != sum(rows[:, 1])
    means = Aggregate().of(rows)(once(rows))[0]
    assert means[0] == means[1] == 0.15


def test_quantiles_of_decimals_are_exact_too() -> None:
    """Halfway between 0.7 and 0.7001, and between 0.6999 and 0.7002."""
    rows = np.array([[0.7, 0.6999], [0.7001, 0.7002]])
    assert rows.mean(axis=0)[0] != rows.mean(axis=0)[1]
    medians = MEDIAN.of(rows)(once(rows))[0]
    assert medians[0] == medians[1] == 0.70005


def test_grid_is_the_coarsest_that_holds_all() -> None:
    whole, scale = decimal_grid(column(0.25, 1, -3.5))
    assert (whole[:, 0].tolist(), scale) == ([25, 100, -350], 100)
    third = column(1 / 3)
    assert decimal_grid(third)[1] == 1
    assert decimal_grid(third)[0] is third
    assert decimal_grid(column(1e15, 0.5))[1] == 1


@given(ROWS)
def test_order_of_cases_changes_no_mean_of_decimals(rows) -> None:
    rows = np.round(rows, 2)
    mean = Aggregate().of(rows)(once(rows))
    assert Aggregate().of(rows[::-1])(once(rows)).tolist() == mean.tolist()
