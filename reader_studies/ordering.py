"""In which order a reader gets the cases, and which of them start with the answers before."""

import hashlib
from collections.abc import Iterable
from typing import Any, TypeVar

T = TypeVar("T")


def shuffled(items: Iterable[T], *, seed: str, key: Any = str) -> list[T]:
    """Return ``items`` in an order that depends on ``seed`` alone.

    Each item draws its own place: one that is added or removed leaves the others in their order,
    so that a reader who is half-way goes on as before.
    """
    return sorted(items, key=lambda item: hashlib.sha256(f"{seed}:{key(item)}".encode()).digest())


def rolls_over_from(position: int, cases: int) -> int | None:
    """Return the position whose answers the case at ``position`` starts with, if any.

    Answers roll over to ``cases`` cases; then one starts anew. Positions count from 0.
    """
    return None if position % (cases + 1) == 0 else position - 1
