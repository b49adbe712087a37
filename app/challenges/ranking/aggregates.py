"""Means and quantiles of columns, for many resamples of the rows at once.

A resample is given by how often each row was drawn (``counts``: resamples x rows); the sample
itself is a resample in which every row was drawn once. Nothing here calls BLAS, whose sums depend
on the processor and its threads: the same counts give the same bits everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from app.challenges.ranking.table import Floats

Counts = NDArray[np.int32]
Aggregated = Callable[[Counts], Floats]
"""From counts to resamples x columns; NaN where no row was drawn."""

_MOST_DIGITS = 9


@dataclass(frozen=True)
class Aggregate:
    """The mean, or the quantile at ``quantile`` (the median at 0.5)."""

    quantile: float | None = None

    @property
    def name(self) -> str:
        """The word for it in a scheme's name."""
        if self.quantile is None:
            return "mean"
        return "median" if self.quantile == 0.5 else f"quantile-{self.quantile:g}"

    def of(self, rows: Floats) -> Aggregated:
        """Return what aggregates ``rows`` (rows x columns, no NaN) for given counts."""
        return _mean(rows) if self.quantile is None else _quantile(rows, self.quantile)

    def of_ranks(self, ranks: Floats) -> Floats:
        """Return the mean or the median along the first axis: plans allow no other quantile."""
        result: Floats = (np.mean if self.quantile is None else np.median)(ranks, axis=0)
        return result


MEAN = Aggregate()


def decimal_grid(rows: Floats) -> tuple[Floats, float]:
    """Return whole numbers and the scale such that ``whole / scale == rows``, if there is one.

    Scores are decimals, which floating point holds inexactly: 0.1 + 0.2 is not 0.3, and a sum's
    last bit would break ties that are ties. As whole numbers their sums and differences are exact.
    Scores with too many digits stay as they are (scale 1).
    """
    most = 2.0**52 / max(1, rows.shape[0]) ** 2
    for digits in range(_MOST_DIGITS + 1):
        scale = 10.0**digits
        whole = np.rint(rows * scale)
        if np.abs(whole, out=np.empty_like(whole)).max(initial=0.0) > most:
            break
        if np.array_equal(whole / scale, rows):
            return whole, scale
    return rows, 1.0


def _mean(rows: Floats) -> Aggregated:
    whole, scale = decimal_grid(rows)

    def mean(counts: Counts) -> Floats:
        total = np.zeros((counts.shape[0], rows.shape[1]))
        for row, drawn in zip(whole, counts.T, strict=True):
            total += drawn[:, None] * row
        size = counts.sum(axis=1, dtype=np.float64)[:, None] * scale
        result = np.full_like(total, np.nan)
        np.divide(total, size, out=result, where=size > 0)
        return result

    return mean


def _quantile(rows: Floats, share: float) -> Aggregated:
    """Type 7 of Hyndman and Fan (1996), R's default: interpolated at (n - 1) share.

    The share is a decimal too, p / q: with whole scores all is whole up to the last division.
    """
    whole, scale = decimal_grid(rows)
    order = np.argsort(whole, axis=0, kind="stable")
    ordered = np.take_along_axis(whole, order, axis=0)
    p, q = Fraction(repr(share)).limit_denominator(10**9).as_integer_ratio()
    last = rows.shape[0] - 1

    def quantile(counts: Counts) -> Floats:
        size = counts.sum(axis=1, dtype=np.int64)
        low, part = np.divmod(np.maximum(size - 1, 0) * p, q)
        high = np.where(part > 0, low + 1, low)
        result = np.empty((counts.shape[0], rows.shape[1]))
        for column in range(rows.shape[1]):
            reached = np.cumsum(counts[:, order[:, column]], axis=1, dtype=np.int32)
            below = np.minimum((reached <= low[:, None]).sum(axis=1), last)
            above = np.minimum((reached <= high[:, None]).sum(axis=1), last)
            smaller, larger = ordered[below, column], ordered[above, column]
            result[:, column] = (smaller + part * (larger - smaller) / q) / scale
        result[size == 0] = np.nan
        return result

    return quantile
