"""What one socket wants, in the order in which it wants it. Pure.

A reader who scrolls replaces a thousand wishes ten times a second and lives to see a few of them
fulfilled, so a WANT is checked and sorted as a table, and its rows become items when their turn
comes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.protocol import (
    AXIAL,
    NO_LEVEL,
    ErrorCode,
    ProtocolError,
    Want,
    WantItem,
    WantItems,
)

NOTHING = -1
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class LayerShape:
    """What can be asked of a layer."""

    slices: int
    levels: int


class WantQueue:
    """The items of the newest WANT that have something left to send: the most urgent first."""

    def __init__(self, layers: Sequence[LayerShape]) -> None:
        self._slices = np.array([layer.slices for layer in layers])
        self._levels = np.array([layer.levels for layer in layers])
        self._table = WantItems.of(()).table
        self._taken = 0
        self._next: list[tuple[int, ...]] = []

    def replace(self, message: Want) -> None:
        """Forget what is queued for what the message wants.

        Raises `ProtocolError` for what does not exist; then the queue stays as it is.
        """
        rows = self._checked(message)
        have, wanted = rows["level_have"], rows["level_to"]
        rows = rows[(have == NO_LEVEL) | (have < wanted)]
        self._table = rows[np.argsort(rows["priority"], kind="stable")]
        self._taken, self._next = 0, []

    def check(self, message: Want) -> None:
        """Raise `ProtocolError` for a message that wants what does not exist."""
        self._checked(message)

    def clear(self) -> None:
        """Forget everything."""
        self._table = self._table[:0]
        self._taken, self._next = 0, []

    def first(self) -> WantItem | None:
        """The most urgent item, or None."""
        if not self._next:
            rows = self._table[self._taken : self._taken + _AT_ONCE].tolist()
            if not rows:
                return None
            self._next = rows[::-1]
        return WantItem._make(self._next[-1])

    def pop(self) -> None:
        """Take the most urgent item off."""
        if self.first() is not None:
            self._next.pop()
            self._taken += 1

    def coming(self, most: int) -> Iterator[WantItem]:
        """The next items, the most urgent first."""
        return map(WantItem._make, self._table[self._taken : self._taken + most].tolist())

    def _checked(self, message: Want) -> NDArray[np.void]:
        items = message.items
        rows = (items if isinstance(items, WantItems) else WantItems.of(items)).table
        layer, have = rows["layer"], rows["level_have"]
        if (layer >= len(self._slices)).any() or (rows["plane"] != AXIAL).any():
            raise _out_of_range("There is no such layer or plane.")
        levels = self._levels[layer]
        beyond = (rows["slice"] >= self._slices[layer]) | (rows["level_to"] >= levels)
        if beyond.any() or ((have != NO_LEVEL) & (have >= levels)).any():
            raise _out_of_range("There is no such slice or level.")
        return rows


def _out_of_range(message: str) -> ProtocolError:
    return ProtocolError(ErrorCode.OUT_OF_RANGE, message)
