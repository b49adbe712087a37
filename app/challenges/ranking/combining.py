"""One order of entrants over several phases. The conventions are in docs/ranking.md."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Generic, TypeVar

from app.challenges.ranking.positions import Direction

K = TypeVar("K", bound=Hashable)


class Absent(StrEnum):
    """What an entrant gets who is not ranked in a phase."""

    WORST = "WORST"
    OUT = "OUT"


@dataclass(frozen=True)
class Part(Generic[K]):
    """What a phase gives to the entrants that it ranks: their ranks or their scores."""

    values: Mapping[K, float]
    weight: float = 1.0


@dataclass(frozen=True)
class Combined:
    """An entrant's value over all phases and place by it; ``absent`` are phases by their number.

    Who is left out has neither.
    """

    absent: tuple[int, ...]
    value: float | None = None
    rank: int | None = None


def combine_ranks(parts: Sequence[Part[K]], *, absent: Absent) -> dict[K, Combined]:
    """Return everybody's place by the weighted mean of ranks; nobody is dropped.

    The worst rank is the largest that the phase gives, plus 1; where it ranks nobody, 1.
    """
    if absent is Absent.OUT:
        return _combine(parts, [None] * len(parts), Direction.LOWER)
    worst = [max(part.values.values(), default=0.0) + 1.0 for part in parts]
    return _combine(parts, worst, Direction.LOWER)


def combine_scores(parts: Sequence[Part[K]], *, direction: Direction) -> dict[K, Combined]:
    """Return everybody's place by the weighted mean of scores; one who lacks a score has none."""
    return _combine(parts, [None] * len(parts), direction)


def _combine(
    parts: Sequence[Part[K]], missing: Sequence[float | None], direction: Direction
) -> dict[K, Combined]:
    """Return the places, the best first, then those without one.

    Means are exact, so that what is equal on paper is a tie in any order of the phases.
    """
    everybody = list(dict.fromkeys(key for part in parts for key in part.values))
    lacks = {
        key: tuple(n for n, part in enumerate(parts) if key not in part.values) for key in everybody
    }
    means: dict[K, Fraction] = {}
    for key in everybody:
        values = [part.values.get(key, other) for part, other in zip(parts, missing, strict=True)]
        mean = _mean(values, [part.weight for part in parts])
        if mean is not None:
            means[key] = mean
    sign = -1 if direction is Direction.HIGHER else 1
    losses = sorted(sign * mean for mean in means.values())
    first = {loss: place for place, loss in reversed(list(enumerate(losses, start=1)))}
    order = sorted(means, key=lambda key: sign * means[key])
    placed = {
        key: Combined(lacks[key], float(means[key]), first[sign * means[key]]) for key in order
    }
    return placed | {key: Combined(lacks[key]) for key in everybody if key not in placed}


def _mean(values: Sequence[float | None], weights: Sequence[float]) -> Fraction | None:
    total, sum_of_weights = Fraction(0), Fraction(0)
    for value, weight in zip(values, weights, strict=True):
        if value is None:
            return None
        total += Fraction(weight) * Fraction(value)
        sum_of_weights += Fraction(weight)
    return total / sum_of_weights
