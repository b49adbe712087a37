"""One layer of one socket: its slices from wherever they come, and what the client knows of them.

A layer starts with the pack, or, where that is not made yet, with slices encoded on demand; then
`LayerFeed.switch` goes over to the pack without the client noticing.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.images.slices import FarPack, OnDemand, PackError, PackInfo, PackReader
from viewer.protocol import Cuts, WantItem
from viewer.stream import ROOM, LayerShape


class Ahead(Protocol):
    """Sees to it that the next fragments are there when they are asked for."""

    def plan(self, fragments: Iterable[tuple[int, int, int]]) -> None:
        """Take (slice, level from, level to) of the next ones, the most urgent first."""

    def stop(self) -> None:
        """Do nothing more."""


class NearPack:
    """A pack in a folder of this machine."""

    def __init__(self, reader: PackReader) -> None:
        self.reader = reader
        self.info = reader.info
        self.index = reader.index
        self.cuts = reader.cuts

    def now(self, index: int, level_from: int, level_to: int, *, room: int) -> bytearray | None:
        """Read what the system has in memory: a hop to a thread would cost more."""
        return self.reader.fragment(index, level_from, level_to, room=room, wait=False)

    async def later(self, index: int, level_from: int, level_to: int, *, room: int) -> bytearray:
        """Read from the disk, in a thread."""
        found = await asyncio.to_thread(
            self.reader.fragment, index, level_from, level_to, room=room
        )
        if found is None:
            raise PackError("damaged", "The slice pack cannot be read.")
        return found


Pack = NearPack | FarPack


class LayerFeed:
    """A `Feed` of `viewer.stream`."""

    def __init__(self, layer: int, supply: Pack | OnDemand) -> None:
        self._layer = layer
        self._supply: Pack | OnDemand = supply
        self._before: OnDemand | None = None
        self._kept: NDArray[np.bool_] = np.zeros(len(supply.cuts), bool)
        self._told = supply.cuts[:, -1] > 0
        self._ahead: Ahead | None = _ahead_of(supply)
        self.damaged = False

    @property
    def shape(self) -> LayerShape:
        """What can be asked for."""
        return LayerShape(self._supply.info.slices, self._supply.info.levels)

    @property
    def is_complete(self) -> bool:
        """Whether the pack is there."""
        return not isinstance(self._supply, OnDemand)

    @property
    def looks_ahead(self) -> bool:
        """Whether it helps to say what comes next."""
        return self._ahead is not None

    def fragment(
        self, index: int, level_from: int, level_to: int
    ) -> bytearray | Awaitable[bytearray]:
        """The bytes between two levels of a slice behind free bytes: at once, or later."""
        supply = self._of(index)
        try:
            found = supply.now(index, level_from, level_to, room=ROOM)
        except PackError:
            self.damaged = not isinstance(supply, OnDemand)
            raise
        return self._later(index, level_from, level_to) if found is None else found

    def untold(self, index: int) -> Cuts | None:
        """Cut points that have to be sent before a fragment of the slice."""
        if self._told[index]:
            return None
        self._told[index] = True
        return Cuts(self._layer, index, self._of(index).cuts[index : index + 1])

    def foresee(self, items: Iterable[WantItem]) -> None:
        """These will be asked for next."""
        if self._ahead is not None:
            self._ahead.plan((item.slice, item.level_have, item.level_to) for item in items)

    def fits(self, pack: Pack) -> bool:
        """Whether the pack has the form that the client was told of."""
        return _form(pack.info) == _form(self._supply.info)

    def switch(self, pack: Pack) -> Cuts:
        """Take slices from the pack from now on; return what the client has to be told.

        A slice whose beginning the client got in another encoding (a worker of another version
        made the pack) goes on as it began.
        """
        before = self._supply
        if isinstance(before, OnDemand):
            self._before = before
            self._kept = self._told & ~before.agrees(pack.index)
        self.stop()
        self._supply, self._ahead = pack, _ahead_of(pack)
        cuts = pack.cuts.copy()
        cuts[self._kept] = before.cuts[self._kept]
        self._told[:] = True
        return Cuts(self._layer, 0, cuts)

    def stop(self) -> None:
        """Fetch nothing more ahead."""
        if self._ahead is not None:
            self._ahead.stop()

    async def _later(self, index: int, level_from: int, level_to: int) -> bytearray:
        supply = self._of(index)
        try:
            return await supply.later(index, level_from, level_to, room=ROOM)
        except PackError:
            self.damaged = not isinstance(supply, OnDemand)
            raise

    def _of(self, index: int) -> Pack | OnDemand:
        if self._before is not None and self._kept[index]:
            return self._before
        return self._supply


def _form(info: PackInfo) -> tuple[object, ...]:
    return (info.size, info.timepoints, info.type, info.components, info.codec, info.levels)


def _ahead_of(supply: Pack | OnDemand) -> Ahead | None:
    return None if isinstance(supply, NearPack) else supply.read_ahead()
