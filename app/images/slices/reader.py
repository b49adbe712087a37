"""Reads slices and parts of slices from a pack, wherever it lies."""

import zlib
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.images.slices.codestream import decode_slice
from app.images.slices.errors import PackError
from app.images.slices.format import (
    NO_LEVEL,
    PREFIX,
    PackInfo,
    SliceEntry,
    decode_index,
    decode_prefix,
    index_size,
)
from app.images.slices.sources import RangeSource

_FIRST_READ = 64 * 1024


class PackReader:
    """One open pack.

    The index is read and checked at once (usually by one range request), slices when asked for.

    Safe to use from several threads. Raises `PackError` for a file that is not a sound pack and
    `SourceError` when its bytes cannot be fetched.
    """

    def __init__(self, source: RangeSource) -> None:
        self._source = source
        self.info, self._entries = _read_index(source)

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
    def cuts(self) -> list[tuple[int, ...]]:
        """Cut points of every slice: `cuts[slice][level]`."""
        return [entry.cuts for entry in self._entries]

    def fragment(self, index: int, level_from: int, level_to: int) -> bytes:
        """Bytes that take a holder of `level_from` (`NO_LEVEL`:

        nothing) of slice `index` to `level_to`.

        The bytes of a whole slice are checked against its checksum.
        """
        entry = self._entry(index)
        known = range(self.info.levels)
        if level_to not in known or (level_from != NO_LEVEL and level_from not in known):
            raise PackError("out-of-range", f"The image has levels 0 to {self.info.levels - 1}.")
        start = 0 if level_from == NO_LEVEL else entry.cuts[level_from]
        stop = entry.cuts[level_to]
        data = self._source.read(entry.offset + start, max(stop - start, 0))
        if len(data) == entry.cuts[-1] and zlib.crc32(data) != entry.checksum:
            raise PackError("damaged", f"Slice {index} of the pack does not match its checksum.")
        return data

    def decode(self, index: int, level: int | None = None) -> NDArray[np.generic]:
        """Slice `index` at `level` (default: full), shape (y, x) or (y, x, components)."""
        level = self.info.levels - 1 if level is None else level
        return decode_slice(self.fragment(index, NO_LEVEL, level), self.info, level)

    def _entry(self, index: int) -> SliceEntry:
        if not 0 <= index < len(self._entries):
            raise PackError("out-of-range", f"The image has slices 0 to {len(self._entries) - 1}.")
        return self._entries[index]


def _read_index(source: RangeSource) -> tuple[PackInfo, list[SliceEntry]]:
    total = source.size
    if total < PREFIX.size:
        raise PackError("not-a-pack", "The file is too short for a slice pack.")
    data = source.read(0, min(_FIRST_READ, total))
    levels, slices, header_length, _ = decode_prefix(data, total=total)
    length = index_size(header_length, slices, levels)
    if length > len(data):
        data += source.read(len(data), length - len(data))
    return decode_index(data, total=total)
