import math

import pytest
from scipy import stats

from app.challenges.ranking.distributions import (
    binomial_ranks,
    normal_below,
    normal_quantile,
    normal_tail,
    t_quantile,
)


@pytest.mark.parametrize("z", [-9, -1.5, 0, 0.3, 2, 8, 30])
def test_normal_distribution_is_scipys(z) -> None:
    assert normal_tail(z) == pytest.approx(stats.norm.sf(z), rel=1e-12)
    assert normal_below(z) == pytest.approx(stats.norm.cdf(z), rel=1e-12)


@pytest.mark.parametrize("probability", [1e-9, 0.025, 0.5, 0.9, 0.999])
def test_normal_quantile_is_scipys(probability) -> None:
    expected = stats.norm.ppf(probability)
    assert normal_quantile(probability) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_normal_quantile_at_the_ends() -> None:
    assert (normal_quantile(0), normal_quantile(1)) == (-math.inf, math.inf)
    assert normal_tail(-math.inf) == 1


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 49, 500, 100_000])
@pytest.mark.parametrize("probability", [0.6, 0.9, 0.975, 0.9995])
def test_t_quantile_is_scipys(probability, degrees) -> None:
    expected = stats.t.ppf(probability, degrees)
    assert t_quantile(probability, degrees=degrees) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("size", [1, 5, 6, 17, 50, 500, 5000])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_order_statistics_hold_the_quantile_as_often_as_promised(size, share) -> None:
    lower, upper = binomial_ranks(size, share, level=0.95)
    chance = stats.binom(size, share)
    assert chance.cdf(lower - 1) <= 0.025 < chance.cdf(lower)
    if upper <= size:
        assert chance.sf(upper - 1) <= 0.025 + 1e-12
    assert chance.sf(upper - 2) > 0.025 - 1e-12


def test_five_cases_give_the_median_no_interval() -> None:
    assert binomial_ranks(5, 0.5, level=0.95) == (0, 6)
    assert binomial_ranks(6, 0.5, level=0.95) == (1, 6)
