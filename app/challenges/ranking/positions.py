"""From scores to ranks."""

from collections.abc import Hashable, Mapping
from enum import StrEnum
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


class Direction(StrEnum):
    """Which end of the score is the good one."""

    HIGHER = "HIGHER"
    LOWER = "LOWER"


def rank_positions(scores: Mapping[K, float], *, direction: Direction) -> dict[K, int]:
    """Return each key's rank, the best being 1.

    Ties share the smallest position and the next rank is skipped (1, 1, 3), as challengeR does
    with ``ties.method = "min"`` (Wiesenfarth et al., Scientific Reports 11:2369, 2021).
    """
    sign = -1 if direction is Direction.HIGHER else 1
    ordered = sorted(sign * score for score in scores.values())
    first: dict[float, int] = {}
    for position, value in enumerate(ordered, start=1):
        first.setdefault(value, position)
    return {key: first[sign * score] for key, score in scores.items()}
