"""Ranks of many rows at once, with the rules for ties and missing values."""

from enum import StrEnum

import numpy as np

from app.challenges.ranking.table import Floats


class Ties(StrEnum):
    """Which rank equal entries share: the smallest, the mean of theirs, or one without gaps."""

    MIN = "min"
    AVERAGE = "average"
    DENSE = "dense"


def rank_rows(losses: Floats, *, ties: Ties) -> Floats:
    """Return the ranks within each row (last axis); the smallest loss has rank 1.

    Missing losses (NaN) come after the largest rank given in their row and are ties among
    themselves, as in challengeR; in a row where all are missing they are thus the first.
    """
    entries = losses.shape[-1]
    order = np.argsort(losses, axis=-1, kind="stable")
    ordered = np.take_along_axis(losses, order, axis=-1)
    missing = np.isnan(ordered)
    starts = np.ones(ordered.shape, dtype=np.bool_)
    starts[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    places = np.arange(entries)
    first = np.maximum.accumulate(np.where(starts, places, 0), axis=-1)
    ranks: Floats
    if ties is Ties.DENSE:
        ranks = np.cumsum(starts, axis=-1).astype(np.float64)
    elif ties is Ties.MIN:
        ranks = first + 1.0
    else:
        ranks = (first + _last(starts)) / 2 + 1.0
    if missing.any():
        given = np.max(np.where(missing, 0.0, ranks), axis=-1, initial=0.0, keepdims=True)
        count = missing.sum(axis=-1, keepdims=True)
        shared = (count + 1) / 2 if ties is Ties.AVERAGE else 1.0
        ranks = np.where(missing, given + shared, ranks)
    result = np.empty_like(ranks)
    np.put_along_axis(result, order, ranks, axis=-1)
    return result


def _last(starts: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    """Return for each place the last place of its group of ties."""
    ends = np.ones_like(starts)
    ends[..., :-1] = starts[..., 1:]
    entries = starts.shape[-1]
    behind = np.where(ends, np.arange(entries), entries - 1)[..., ::-1]
    last: Floats = np.minimum.accumulate(behind, axis=-1)[..., ::-1].astype(np.float64)
    return last
