"""Intervals for an entry's value: where the mean or quantile over all possible cases lies.

Means: Student's t, or BCa (Efron, JASA 82:171, 1987). Quantiles: order statistics with binomial
ranks, which need no bootstrap; two common bootstrap intervals of the median fail badly (André et
al., “Some hidden traps of confidence intervals in medical image segmentation”, 2025).
"""

import math

import numpy as np

from app.challenges.ranking.distributions import (
    binomial_ranks,
    normal_below,
    normal_quantile,
    t_quantile,
)
from app.challenges.ranking.resampling import Design
from app.challenges.ranking.table import Floats

Interval = tuple[float, float]
FEW = 50
"""Below this many independent cases intervals cover less than they promise."""


def mean_interval(
    rows: Floats, means: Floats, drawn: Floats, *, design: Design, level: float, method: str
) -> list[Interval | None]:
    """Return each mean's interval; ``rows`` are cases x entries, ``drawn`` draws x entries.

    ``method`` is “t”, “bca”, “percentile” or “auto”: BCa from 50 independent cases on, else t, for
    the bootstrap of few cases is too narrow. Without draws, and instead of BCa in strata, it is t.
    """
    if method == "auto":
        method = "bca" if design.units >= FEW else "t"
    if not len(drawn) or (method == "bca" and len(design.strata) > 1):
        method = "t"
    if design.units - len(design.strata) < 1:
        return [None] * rows.shape[1]
    if method == "t":
        return _student(rows, design, level)
    tail = (1 - level) / 2
    if method == "percentile":
        return [_quantiles(column, tail, 1 - tail) for column in drawn.T]
    return _bca(rows, means, drawn, design, tail)


def quantile_interval(rows: Floats, *, share: float, level: float) -> list[Interval | None]:
    """Return each column's order statistics; none where the cases are too few for the level."""
    cases = len(rows)
    lower, upper = binomial_ranks(cases, share, level=level)
    if lower < 1 or upper > cases:
        return [None] * rows.shape[1]
    ordered = np.sort(rows, axis=0)
    return [(float(column[lower - 1]), float(column[upper - 1])) for column in ordered.T]


def within(interval: Interval | None, span: Interval | None) -> Interval | None:
    """Return what of an interval is in the range ``span`` of the metric; without one, all.

    No value is outside of its range, so this costs no coverage. Means of values outside leave the
    interval as it is: the range was declared wrongly.
    """
    if interval is None or span is None:
        return interval
    low, high = max(interval[0], span[0]), min(interval[1], span[1])
    return (low, high) if low <= high else interval


def _by_unit(rows: Floats, design: Design) -> tuple[Floats, Floats]:
    """Return each cluster's sums (units x entries) and sizes."""
    sums = np.zeros((design.units, rows.shape[1]))
    np.add.at(sums, design.unit, rows)
    return sums, np.bincount(design.unit, minlength=design.units).astype(np.float64)


def _student(rows: Floats, design: Design, level: float) -> list[Interval | None]:
    """The mean as a ratio of clusters' sums to their sizes; its linearized error, by stratum."""
    sums, sizes = _by_unit(rows, design)
    mean = sums.sum(axis=0) / sizes.sum()
    residual = sums - mean * sizes[:, None]
    variance = np.zeros(rows.shape[1])
    for stratum in design.strata:
        units = len(stratum)
        if units > 1:
            part = residual[stratum] - residual[stratum].mean(axis=0)
            variance += units / (units - 1) * (part**2).sum(axis=0)
    error = np.sqrt(variance) / sizes.sum()
    degrees = design.units - len(design.strata)
    reach = t_quantile((1 + level) / 2, degrees=degrees) * error
    return [(float(one - by), float(one + by)) for one, by in zip(mean, reach, strict=True)]


def _bca(
    rows: Floats, means: Floats, drawn: Floats, design: Design, tail: float
) -> list[Interval | None]:
    sums, sizes = _by_unit(rows, design)
    without = (sums.sum(axis=0) - sums) / (sizes.sum() - sizes)[:, None]
    bent = without.mean(axis=0) - without
    return [
        _bca_of(float(means[at]), drawn[:, at], bent[:, at], tail) for at in range(rows.shape[1])
    ]


def _bca_of(mean: float, drawn: Floats, bent: Floats, tail: float) -> Interval:
    below = float((drawn < mean).mean() + 0.5 * (drawn == mean).mean())
    spread = float((bent**2).sum())
    if not 0 < below < 1 or spread == 0:
        return _quantiles(drawn, tail, 1 - tail)
    bias = normal_quantile(below)
    acceleration = float((bent * bent * bent).sum()) / (6 * spread**1.5)

    def corrected(share: float) -> float:
        reach = bias + normal_quantile(share)
        scale = 1 - acceleration * reach
        return normal_below(bias + reach / scale) if scale > 0 else float(reach > 0)

    return _quantiles(drawn, corrected(tail), corrected(1 - tail))


def _quantiles(drawn: Floats, low: float, high: float) -> Interval:
    ordered = np.sort(drawn)

    def at(share: float) -> float:
        place = share * (len(ordered) + 1) - 1
        place = min(max(place, 0.0), len(ordered) - 1.0)
        first = math.floor(place)
        second = min(first + 1, len(ordered) - 1)
        return float(ordered[first] + (place - first) * (ordered[second] - ordered[first]))

    return at(low), at(high)
