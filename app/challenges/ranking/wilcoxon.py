"""Pairwise one-sided Wilcoxon signed-rank tests, for many resamples at once, and Holm's rule.

The conventions are those of R's ``wilcox.test(paired = TRUE, exact = FALSE)``, which challengeR
calls: zeros are dropped, ties share the mean rank, normal approximation with the tie-corrected
variance and a continuity correction of 1/2.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.challenges.ranking.aggregates import Counts
from app.challenges.ranking.distributions import normal_quantile, normal_tail
from app.challenges.ranking.table import Floats

_TOGETHER = 8
"""Pairs whose counts are added up in one go."""


class SignedRanks:
    """The tests of all ordered pairs of columns of ``losses`` (cases x entries).

    An infinite loss is a missing score by the rule “worst”: worse than any score given, and equal
    to another missing one.
    """

    def __init__(self, losses: Floats) -> None:
        self.cases, self.entries = losses.shape
        pairs = [(a, b) for a in range(self.entries) for b in range(a + 1, self.entries)]
        with np.errstate(invalid="ignore"):
            self._pairs = [(a, b, _Order(losses[:, b] - losses[:, a])) for a, b in pairs]

    def z(self, counts: Counts) -> Floats:
        """Return (resamples x entries x entries): how far row's entry is better than column's.

        Minus infinity where nothing differs, and on the diagonal: there p is 1.
        """
        result = np.full((self.entries, self.entries, counts.shape[0]), -np.inf)
        every = Resamples(counts)
        for first in range(0, len(self._pairs), _TOGETHER):
            together = self._pairs[first : first + _TOGETHER]
            reached = every.running_sums([order.order for _, _, order in together])
            for at, (a, b, order) in enumerate(together):
                result[a, b], result[b, a] = order.z(every, reached[:, at])
        return np.moveaxis(result, 2, 0)


class Resamples:
    """The counts as cases x resamples, and what all pairs need of them."""

    def __init__(self, counts: Counts) -> None:
        largest = int(counts.sum(axis=1, dtype=np.int64).max(initial=0))
        # Sums of ranks wrap around on the way; their end fits, and so it is right.
        self.narrow = np.int16 if largest < 1 << 15 else np.int32
        self.wide = np.int32 if largest < 46_000 else np.int64
        self.drawn = np.ascontiguousarray(counts.T.astype(self.narrow))
        wide = self.drawn.astype(np.int64)
        self.ties = wide**3 - wide
        self.size = wide.sum(axis=0)
        self.tied = self.ties.sum(axis=0)

    def running_sums(self, orders: list[NDArray[np.intp]]) -> NDArray[Any]:
        """Return (cases + 1) x orders x resamples: how many were drawn before each case.

        Row by row, which is several times faster than ``cumsum(axis=0)``.
        """
        cases, resamples = self.drawn.shape
        sums = np.zeros((cases + 1, len(orders), resamples), dtype=self.narrow)
        for at, order in enumerate(orders):
            sums[1:, at] = self.drawn[order]
        for before, row in pairwise(sums):
            np.add(before, row, out=row)
        return sums


class _Order:
    """One pair's differences in the order of their size, and of their sign where that is equal.

    With C the number drawn up to the end of a group of equal sizes and C' that of the group before,
    its members' mean rank is (C + C' + 1) / 2. Where all of a group have one sign, their signed
    ranks add up to half of F - F' with F = C (C + 1): so the whole sum is one of F where the sign
    changes, and most cases are never looked at.
    """

    def __init__(self, differences: Floats) -> None:
        differences = np.where(np.isnan(differences), 0.0, differences)
        size = np.abs(differences)
        self.order = np.lexsort((differences < 0, size))
        self.zeros = int((size == 0).sum())
        sizes = size[self.order][self.zeros :]
        signs = np.sign(differences[self.order][self.zeros :]).astype(np.int64)
        new = np.r_[True, sizes[1:] != sizes[:-1]][: len(sizes)]
        starts = np.flatnonzero(new)
        ends = np.r_[starts[1:], len(sizes)][: len(starts)].astype(np.intp)
        positive = np.add.reduceat((signs > 0).astype(np.intp), starts) if len(starts) else starts
        members = ends - starts
        pure = np.where(positive == members, 1, np.where(positive == 0, -1, 0))
        step = pure - np.r_[pure[1:], 0][: len(pure)]
        self.changes, self.steps = ends[step != 0] + self.zeros, step[step != 0]
        mixed = pure == 0
        self.mixed = (starts + self.zeros)[mixed], (starts + self.zeros + positive)[mixed]
        self.mixed_ends = (ends + self.zeros)[mixed]
        self._ties(starts + self.zeros, ends + self.zeros)

    def _ties(self, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> None:
        """Note how the tie correction is had with the least work: all groups, or the tied ones."""
        chosen = np.ones(len(starts), dtype=np.bool_)
        self.untied = 2 * len(starts) > len(self.order)
        if self.untied:
            chosen = ends - starts > 1
        self.starts, self.ends = starts[chosen], ends[chosen]
        inside = np.zeros(len(self.order), dtype=np.bool_)
        inside[: self.zeros] = True
        for start, end in zip(self.starts, self.ends, strict=True):
            inside[start:end] = True
        self.inside = self.order[inside]

    def z(self, every: Resamples, reached: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return z for “the first is better” and for “the second is better”."""
        zeros = reached[self.zeros].astype(np.int64)
        size = every.size - zeros
        base = zeros.astype(every.wide)
        at_changes = reached[self.changes].astype(every.wide) - base
        at_changes *= at_changes + every.wide(1)
        doubled = np.einsum("g,gd->d", self.steps.astype(every.wide), at_changes)
        if len(self.mixed_ends):
            before, middle, upto = (
                reached[rows].astype(every.wide) - base for rows in (*self.mixed, self.mixed_ends)
            )
            signed = (2 * middle - before - upto) * (before + upto + every.wide(1))
            doubled = doubled + signed.sum(axis=0, dtype=every.wide)
        tied = every.tied - every.ties[self.inside].sum(axis=0) if self.untied else 0
        if len(self.starts):
            group = reached[self.ends].astype(np.int64) - reached[self.starts]
            tied = tied + (group**3 - group).sum(axis=0)
        variance = size * (size + 1.0) * (2.0 * size + 1.0) / 24 - tied / 48
        deviation = np.sqrt(np.maximum(variance, 0.0))
        return _z(doubled, deviation), _z(-doubled, deviation)


def _z(doubled: NDArray[Any], deviation: Floats) -> Floats:
    """Return (W - its mean - 1/2) / deviation, W - its mean being a quarter of ``doubled``."""
    result = np.full(deviation.shape, -np.inf)
    np.divide(doubled / 4 - 0.5, deviation, out=result, where=deviation > 0)
    return result


def p_values(z: Floats) -> Floats:
    """Return the one-sided p-values of one matrix of z; 1 where nothing differs."""
    return np.array([[normal_tail(one) for one in row] for row in z.tolist()]).reshape(z.shape)


def holm(p: Floats) -> Floats:
    """Return Holm's adjusted p-values (Scandinavian Journal of Statistics 6:65, 1979)."""
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(p), 0, -1)
    stepped = np.maximum.accumulate(p[order] * factors)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def holm_significant(z: Floats, *, alpha: float) -> NDArray[np.bool_]:
    """Return which pairs are significant (resamples x entries x entries), Holm over all of a row.

    The same decision as ``holm(p) <= alpha``, on the scale of z, so that no p-value is needed.
    """
    resamples, entries, _ = z.shape
    off = ~np.eye(entries, dtype=np.bool_)
    family = z[:, off]
    count = family.shape[1]
    significant = np.zeros(z.shape, dtype=np.bool_)
    if not count:
        return significant
    critical = np.array([-normal_quantile(alpha / (count - place)) for place in range(count)])
    falling = -np.sort(-family, axis=1)
    passed = np.logical_and.accumulate(falling >= critical, axis=1).sum(axis=1)
    smallest = np.where(
        passed > 0, falling[np.arange(resamples), np.maximum(passed - 1, 0)], np.inf
    )
    significant[:, off] = family >= smallest[:, None]
    return significant
