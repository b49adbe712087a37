"""What a worker has, and whether a run finds room in it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from app.execution.contract.limits import Limits

AS_SOLD = 0.9
"""A GPU sold with 24 GiB tells of 22.5 to 24: error correction and firmware take the rest."""


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Processors, bytes of memory, and the bytes of memory of every GPU.

    The place of a GPU is its number on the engine, so one that is taken, or that is another
    worker's, stays in its place with nothing. `limits.memory` is all that counts of a run's
    memory: its folders are on disk or small.
    """

    cpus: float
    memory: int
    gpus: tuple[int, ...] = ()

    def fits(self, limits: Limits) -> bool:
        """Tell whether a run finds all that it asks for here."""
        enough = limits.cpus <= self.cpus and limits.memory <= self.memory
        return enough and self.devices_for(limits) is not None

    def devices_for(self, limits: Limits) -> tuple[int, ...] | None:
        """Return the numbers of the GPUs that a run gets, ``None`` where there are too few.

        The smallest that are large enough: whoever needs a large one finds it free for longer.
        """
        if not limits.gpus:
            return ()
        large = [
            (memory, number)
            for number, memory in enumerate(self.gpus)
            if memory and limits.gpu_memory <= _most_of(memory)
        ]
        if len(large) < limits.gpus:
            return None
        return tuple(sorted(number for _, number in sorted(large)[: limits.gpus]))

    def largest_requests(self) -> tuple[int, ...]:
        """Return the most memory of each that a run may ask for with 1, 2, 3... GPUs."""
        return tuple(_most_of(memory) for memory in sorted(self.gpus, reverse=True) if memory)

    def minus(
        self, *, cpus: float = 0.0, memory: int = 0, devices: Collection[int] = ()
    ) -> Capacity:
        """Return what is left beside a run that has this; never less than nothing."""
        gpus = tuple(0 if number in devices else size for number, size in enumerate(self.gpus))
        return Capacity(
            cpus=max(0.0, self.cpus - cpus), memory=max(0, self.memory - memory), gpus=gpus
        )


def _most_of(memory: int) -> int:
    """Return what may be asked of a GPU that says it has this much."""
    return int(memory / AS_SOLD)


UNTOLD = Capacity(cpus=math.inf, memory=2**62)
"""Of a worker that did not say what it has: no bounds are known, and no GPU is."""
