"""From scores to ranks."""

from collections.abc import Hashable, Mapping
from enum import StrEnum
from typing import TypeVar

import numpy as np

from app.challenges.ranking.ranks import Ties, rank_rows
from app.challenges.ranking.table import Floats

K = TypeVar("K", bound=Hashable)


class Direction(StrEnum):
    """Which end of the score is the good one."""

    HIGHER = "HIGHER"
    LOWER = "LOWER"

    def losses(self, scores: Floats) -> Floats:
        """Return the scores turned so that the lower is the better."""
        return -scores if self is Direction.HIGHER else scores


def rank_positions(scores: Mapping[K, float], *, direction: Direction) -> dict[K, int]:
    """Return each key's rank, the best being 1.

    Ties share the smallest position and the next rank is skipped (1, 1, 3), as challengeR does
    with ``ties.method = "min"`` (Wiesenfarth et al., Scientific Reports 11:2369, 2021).
    """
    losses = direction.losses(np.array(list(scores.values()), dtype=np.float64))
    ranks = rank_rows(losses, ties=Ties.MIN)
    return {key: int(rank) for key, rank in zip(scores, ranks, strict=True)}
