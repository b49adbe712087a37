"""Reads slices and parts of slices from a pack on this machine."""

from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.images.slices.codestream import decode_slice
from app.images.slices.format import NO_LEVEL
from app.images.slices.index import FIRST_READ, PackIndex, needs_more
from app.images.slices.sources import RangeSource


class PackReader:
    """One open pack. The index is read and checked at once, slices when asked for.

    Safe to use from several threads. Raises `PackError` for a file that is not a sound pack and
    `SourceError` when its bytes cannot be read.
    """

    def __init__(self, source: RangeSource) -> None:
        self._source = source
        self.index = _read_index(source)
        self.info = self.index.info

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    @property
    def cuts(self) -> NDArray[np.uint32]:
        """Cut points of every slice: `cuts[slice, level]`."""
        return self.index.cuts

    def fragment(
        self, index: int, level_from: int, level_to: int, *, room: int = 0, wait: bool = True
    ) -> bytearray | None:
        """Bytes that take a holder of `level_from` (`NO_LEVEL`: nothing) of a slice to `level_to`.

        They come behind `room` free bytes, for a header that needs no copy then. Without `wait`
        the answer is None where the disk would have to be asked. Heads and tails that are read
        whole are checked against their checksums.
        """
        self.index.check(index, level_from, level_to)
        spans = self.index.spans(index, level_from, level_to)
        buffer = bytearray(room + sum(span.length for span in spans))
        view, at = memoryview(buffer), room
        for span in spans:
            place = view[at : at + span.length]
            if not self._source.read_into(place, span.offset, wait=wait):
                return None
            at += span.length
        self.index.verify(index, level_from, level_to, view[room:])
        return buffer

    def decode(self, index: int, level: int | None = None) -> NDArray[np.generic]:
        """Slice `index` at `level` (default: full), shape (y, x) or (y, x, components)."""
        level = self.info.levels - 1 if level is None else level
        data = self.fragment(index, NO_LEVEL, level)
        return decode_slice(bytes(data or b""), self.info, level)


def _read_index(source: RangeSource) -> PackIndex:
    total = source.size
    data = source.read(0, min(FIRST_READ, total))
    missing = needs_more(data, total=total)
    if missing:
        data += source.read(len(data), missing)
    return PackIndex(data, total=total)
