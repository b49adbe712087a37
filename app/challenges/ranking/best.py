"""The best result of each entrant: nobody has more than one place."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

from app.challenges.ranking.positions import Direction

R = TypeVar("R", bound=Hashable)


def best_of_each(
    scores: Mapping[R, float], entrants: Mapping[R, Hashable], *, direction: Direction
) -> dict[R, float]:
    """Return the scores that stand for their entrants; of equal ones the first in ``scores``.

    ``entrants`` names whose each result is.
    """
    best: dict[Hashable, R] = {}
    for result, score in scores.items():
        held = best.get(entrants[result])
        if held is None or _better(score, scores[held], direction):
            best[entrants[result]] = result
    return {result: scores[result] for result in best.values()}


def _better(score: float, other: float, direction: Direction) -> bool:
    return score > other if direction == Direction.HIGHER else score < other
