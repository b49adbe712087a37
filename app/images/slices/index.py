"""Where the bytes of every slice lie, and whether they are the right ones. Pure."""

from typing import NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from app.images.slices.errors import PackError
from app.images.slices.format import (
    NO_LEVEL,
    PREFIX,
    decode_index,
    decode_prefix,
)

FIRST_READ = 64 * 1024
"""Bytes to read of an unknown pack: the whole index of most."""

Buffer = bytes | bytearray | memoryview


class Span(NamedTuple):
    """Bytes of a pack."""

    offset: int
    length: int


class PackIndex:
    """The index of one pack. `cuts[slice, level]` are the cut points."""

    def __init__(self, data: bytes, *, total: int) -> None:
        """Read the first bytes of a pack of `total` bytes. Raises `PackError`."""
        self.info, table = decode_index(data, total=total)
        self.cuts: NDArray[np.uint32] = np.ascontiguousarray(table["cuts"])
        self._head = self.info.head
        self._heads = table["head"].copy()
        self._tails = table["tail"].copy()
        self.sums: NDArray[np.uint32] = np.stack([table["head_sum"], table["tail_sum"]], axis=1)

    @staticmethod
    def length(data: bytes, *, total: int) -> int:
        """Length of the index that begins with `data`. Raises `PackError`."""
        return decode_prefix(data, total=total).index_size

    def check(self, index: int, level_from: int, level_to: int) -> None:
        """Raise `PackError` for a slice or level that the pack does not have."""
        known = range(self.info.levels)
        if not 0 <= index < len(self.cuts):
            raise PackError("out-of-range", f"The image has slices 0 to {len(self.cuts) - 1}.")
        if level_to not in known or (level_from != NO_LEVEL and level_from not in known):
            raise PackError("out-of-range", f"The image has levels 0 to {self.info.levels - 1}.")

    def bounds(self, index: int, level_from: int, level_to: int) -> tuple[int, int]:
        """The bytes of a slice that take a holder of `level_from` (`NO_LEVEL`: nothing) on."""
        start = 0 if level_from == NO_LEVEL else int(self.cuts[index, level_from])
        return start, max(start, int(self.cuts[index, level_to]))

    def spans(self, index: int, level_from: int, level_to: int) -> list[Span]:
        """Where those bytes lie, in order: in the head, in the tail, or in both."""
        start, stop = self.bounds(index, level_from, level_to)
        middle = int(self.cuts[index, self._head])
        found = []
        if start < min(stop, middle):
            found.append(Span(int(self._heads[index]) + start, min(stop, middle) - start))
        if max(start, middle) < stop:
            first = max(start, middle)
            found.append(Span(int(self._tails[index]) + first - middle, stop - first))
        return found

    def verify(self, index: int, level_from: int, level_to: int, data: memoryview) -> None:
        """Raise `PackError` where the bytes of a whole head or tail do not match its checksum."""
        start, stop = self.bounds(index, level_from, level_to)
        middle, end = int(self.cuts[index, self._head]), int(self.cuts[index, -1])
        sound = True
        if start == 0 and stop >= middle:
            sound = isal_zlib.crc32(data[:middle]) == self.sums[index, 0]
        if sound and start <= middle < stop == end:
            tail = isal_zlib.crc32(data[middle - start :])
            sound = tail == self.sums[index, 1]
        if not sound:
            raise PackError("damaged", f"Slice {index} of the pack does not match its checksum.")


def needs_more(data: bytes, *, total: int) -> int:
    """How many bytes of the index are missing behind `data`. Raises `PackError`."""
    if total < PREFIX.size:
        raise PackError("not-a-pack", "The file is too short for a slice pack.")
    return max(0, PackIndex.length(data, total=total) - len(data))
