"""Which result of each entrant counts, where it is not simply the best one."""

from collections.abc import Hashable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from app.challenges.ranking.positions import Direction

R = TypeVar("R", bound=Hashable)


def latest_of_each(scores: Mapping[R, float], entrants: Mapping[R, Hashable]) -> dict[R, float]:
    """Return the last result of each entrant; ``scores`` are in the order of handing in."""
    last = {entrants[result]: result for result in scores}
    return {result: scores[result] for result in last.values()}


def chosen_of_each(
    scores: Mapping[R, float],
    entrants: Mapping[R, Hashable],
    *,
    chosen: Mapping[R, datetime],
    otherwise: Mapping[R, float],
) -> dict[R, float]:
    """Return the result that each entrant chose last, or theirs in ``otherwise``.

    ``chosen`` says when a result was chosen; of those without a score nothing counts.
    """
    found = {entrants[result]: result for result in otherwise}
    made = [result for result in scores if result in chosen]
    for result in sorted(made, key=chosen.__getitem__):
        found[entrants[result]] = result
    return {result: scores[result] for result in found.values()}


def ladder_of_each(
    scores: Mapping[R, float],
    entrants: Mapping[R, Hashable],
    *,
    direction: Direction,
    step: float,
) -> dict[R, float]:
    """Return the results that stand where only a gain of ``step`` shows.

    ``scores`` are in the order in which they were made: the first of an entrant's stands, and
    gives way to a later one that is better by at least ``step``. So the best of many tries tells
    little of the hidden cases (Blum and Hardt, “The Ladder”, ICML 2015).
    """
    shown: dict[Hashable, R] = {}
    for result, score in scores.items():
        held = shown.get(entrants[result])
        if held is None or is_gain(score, scores[held], direction=direction, step=step):
            shown[entrants[result]] = result
    return {result: scores[result] for result in shown.values()}


def is_gain(score: float, held: float, *, direction: Direction, step: float) -> bool:
    """Tell whether ``score`` is better than ``held`` by at least ``step``.

    In decimals, as people read them: 0.3 is better than 0.2 by 0.1.
    """
    gain = Decimal(repr(float(score))) - Decimal(repr(float(held)))
    if direction is Direction.LOWER:
        gain = -gain
    return gain > 0 and gain >= Decimal(repr(float(step)))
