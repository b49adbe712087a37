"""What the resamples say of a ranking: who wins, who is above whom, how much it would change."""

from dataclasses import dataclass

import numpy as np

from app.challenges.ranking.table import Floats

MOST_ENTRIES_FOR_PAIRS = 200


@dataclass(frozen=True)
class Stability:
    """Shares of resamples, and Kendall's tau-b of each with the ranking of all cases."""

    winner: Floats
    """How often each entry is first; a shared first place is split, so that they add up to 1."""
    above: Floats | None
    """``above[a, b]``: how often a ranks above b, an equal rank counting one half.

    None with more than `MOST_ENTRIES_FOR_PAIRS`: the table would be larger than all else.
    """
    tau: Floats
    """One for each resample; NaN where all entries share one rank."""


def stability_of(ranks: Floats, resampled: Floats) -> Stability:
    """Compare the ``resampled`` ranks (resamples x entries) with the ``ranks`` of all cases."""
    first = resampled == resampled.min(axis=1, keepdims=True)
    winner = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    return Stability(winner=winner, above=_above(resampled), tau=kendall_tau(ranks, resampled))


def _above(resampled: Floats) -> Floats | None:
    entries = resampled.shape[1]
    if entries > MOST_ENTRIES_FOR_PAIRS:
        return None
    above = np.empty((entries, entries))
    for entry in range(entries):
        own = resampled[:, entry, None]
        above[entry] = ((own < resampled) + 0.5 * (own == resampled)).mean(axis=0)
    return above


def kendall_tau(ranks: Floats, others: Floats) -> Floats:
    """Return tau-b (Kendall, Biometrika 33:239, 1945) of ``ranks`` with each row of ``others``."""
    agreed = np.zeros(len(others), dtype=np.int64)
    apart = np.zeros(len(others), dtype=np.int64)
    own_apart = 0
    for entry in range(1, len(ranks)):
        own = np.sign(ranks[entry] - ranks[:entry]).astype(np.int64)
        other = np.sign(others[:, entry, None] - others[:, :entry]).astype(np.int64)
        agreed += (other * own).sum(axis=1)
        apart += np.abs(other).sum(axis=1)
        own_apart += int(np.abs(own).sum())
    between = np.sqrt(apart * float(own_apart))
    tau = np.full(len(others), np.nan)
    np.divide(agreed, between, out=tau, where=between > 0)
    return tau


def frequencies(resampled: Floats) -> list[list[tuple[float, float]]]:
    """Return for each entry its ranks and the share of resamples with each."""
    found = []
    for column in resampled.T:
        ranks, counts = np.unique(column, return_counts=True)
        shares = counts / len(column)
        found.append(list(zip(ranks.tolist(), shares.tolist(), strict=True)))
    return found
