"""Reads slices and parts of slices from a pack that lies elsewhere, through the block cache."""

import asyncio
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.images.slices.cache import FarFile, ReadAhead
from app.images.slices.index import FIRST_READ, PackIndex, Span, needs_more


class FarPack:
    """One open pack, for one event loop. See `PackReader` for what may go wrong."""

    def __init__(self, file: FarFile, index: PackIndex) -> None:
        self.file = file
        self.index = index
        self.info = index.info

    @classmethod
    async def open(cls, file: FarFile) -> "FarPack":
        """Read and check the index, usually by one range request."""
        data = await file.read(Span(0, min(FIRST_READ, file.size)))
        missing = needs_more(data, total=file.size)
        if missing:
            data += await file.read(Span(len(data), missing))
        return cls(file, PackIndex(data, total=file.size))

    @property
    def cuts(self) -> NDArray[np.uint32]:
        """Cut points of every slice: `cuts[slice, level]`."""
        return self.index.cuts

    def now(self, index: int, level_from: int, level_to: int, *, room: int) -> bytearray | None:
        """See `PackReader.fragment`; None where bytes are not in the cache's memory."""
        self.index.check(index, level_from, level_to)
        spans = self.index.spans(index, level_from, level_to)
        buffer = bytearray(room + sum(span.length for span in spans))
        view, at = memoryview(buffer), room
        for span in spans:
            if not self.file.read_now(span, view[at : at + span.length]):
                return None
            at += span.length
        self.index.verify(index, level_from, level_to, view[room:])
        return buffer

    async def later(self, index: int, level_from: int, level_to: int, *, room: int) -> bytearray:
        """See `PackReader.fragment`. May be cancelled: then its requests are given up."""
        self.index.check(index, level_from, level_to)
        spans = self.index.spans(index, level_from, level_to)
        parts = await asyncio.gather(*(self.file.read(span) for span in spans))
        buffer = bytearray(room) + b"".join(parts)
        self.index.verify(index, level_from, level_to, memoryview(buffer)[room:])
        return buffer

    def read_ahead(self) -> "FarAhead":
        """Return what fetches ahead for one reader."""
        return FarAhead(self)


class FarAhead:
    """Fetches for one reader the fragments that come next."""

    def __init__(self, pack: FarPack) -> None:
        self._pack = pack
        self._ahead = ReadAhead(pack.file)

    def plan(self, fragments: Iterable[tuple[int, int, int]]) -> None:
        """Take (slice, level from, level to) of the next ones, the most urgent first."""
        spans = self._pack.index.spans
        self._ahead.plan(span for fragment in fragments for span in spans(*fragment))

    def stop(self) -> None:
        """Fetch nothing more."""
        self._ahead.stop()
