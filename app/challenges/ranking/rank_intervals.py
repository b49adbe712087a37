"""Intervals for ranks: between which ranks an entry's true rank lies, whatever the cases were.

Two ways. **Pairwise** counts the entries that are certainly better and those that are certainly
worse: an entry's true rank cannot be better than one more than the former. “Certainly” is decided
for all others at once (max-t over an entry's comparisons, with the bootstrap's standard errors), as
Mogstad, Romano, Shaikh and Wilhelm (Review of Economic Studies 91:476, 2024). **Percentile** is the
quantiles of the bootstrapped ranks, as in challengeR; where entries are close, these miss the true
rank far too often (Xie, Singh and Zhang, JASA 104:775, 2009); docs/ranking.md has our figures.
"""

import math

import numpy as np
from numpy.typing import NDArray

from app.challenges.ranking.table import Floats

Intervals = NDArray[np.float64]
"""entries x (best, worst)."""


def percentile_intervals(resampled: Floats, *, level: float) -> Intervals:
    """Return the order statistics of the bootstrapped ranks: no rank that never occurred."""
    tail = (1 - level) / 2
    draws = len(resampled)
    ordered = np.sort(resampled, axis=0)
    lower = ordered[max(0, math.ceil(tail * draws) - 1)]
    upper = ordered[min(draws - 1, math.ceil((1 - tail) * draws) - 1)]
    return np.stack([lower, upper], axis=1)


def pairwise_intervals(losses: Floats, resampled: Floats, *, level: float) -> Intervals:
    """Return the intervals from the entries' ``losses`` and the ``resampled`` ones.

    An entry without a value (NaN) is behind all that have one, and not separable from its like.
    """
    valued = np.flatnonzero(~np.isnan(losses))
    result = np.empty((len(losses), 2))
    result[:] = len(valued) + 1, len(losses)
    own, drawn = losses[valued], resampled[:, valued]
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    place = min(len(drawn), math.ceil(level * (len(drawn) + 1))) - 1
    for at, entry in enumerate(valued):
        difference = own[at] - own
        spread = drawn[:, at, None] - drawn
        error = spread.std(axis=0) if len(drawn) else np.full(len(own), np.inf)
        fixed = error <= 1e-12 * np.abs(own[at])
        scale = np.where(fixed, 1.0, error)
        apart = np.abs(spread - difference) / scale
        apart[:, fixed] = 0
        limit = np.sort(apart.max(axis=1))[place] if len(drawn) else np.inf
        better = np.where(fixed, difference > 0, difference / scale > limit)
        worse = np.where(fixed, difference < 0, difference / scale < -limit)
        result[entry] = 1 + better.sum(), len(losses) - worse.sum() - (len(losses) - len(valued))
    return result


def intervals_of_tests(significant: NDArray[np.bool_]) -> Intervals:
    """Return the intervals that a family of corrected pairwise tests gives.

    ``significant[a, b]``: a is better than b. Holm's rule holds the chance of any false one, so all
    these intervals hold together (Klein, Wright and Wieczorek, JRSS C 69:589, 2020).
    """
    return np.stack(
        [1.0 + significant.sum(axis=0), len(significant) - 1.0 * significant.sum(axis=1)], axis=1
    )


def holding(intervals: Intervals, ranks: Floats) -> Intervals:
    """Widen the intervals to hold the ranks, for dense ranks have a scale of their own."""
    return np.stack(
        [np.minimum(intervals[:, 0], ranks), np.maximum(intervals[:, 1], ranks)], axis=1
    )


def bands(intervals: Intervals, ranks: Floats) -> list[int]:
    """Return for each entry the number of its band: those not separable from the band's first.

    Going down the ranking, a new band begins where an entry's interval leaves out the rank of the
    first in the band.
    """
    result = [0] * len(ranks)
    number, leader = 0, -math.inf
    for entry in sorted(range(len(ranks)), key=lambda one: (ranks[one], intervals[one, 0])):
        if number == 0 or intervals[entry, 0] > leader:
            number, leader = number + 1, float(ranks[entry])
        result[entry] = number
    return result


def tier(best: float, worst: float) -> str:
    """Write an interval as a tier: “1-3”, or “2” for one rank."""
    return f"{best:g}" if best == worst else f"{best:g}-{worst:g}"
