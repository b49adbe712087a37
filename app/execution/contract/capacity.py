"""What a worker has, and whether a run finds room in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.execution.contract.limits import Limits


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
            if memory and memory >= limits.gpu_memory
        ]
        if len(large) < limits.gpus:
            return None
        return tuple(sorted(number for _, number in sorted(large)[: limits.gpus]))

    def minus(self, limits: Limits, *, devices: Sequence[int] = ()) -> Capacity:
        """Return what is left beside a run that has these GPUs; never less than nothing."""
        left = tuple(
            0 if number in set(devices) else memory for number, memory in enumerate(self.gpus)
        )
        return Capacity(
            cpus=max(0.0, self.cpus - limits.cpus),
            memory=max(0, self.memory - limits.memory),
            gpus=left,
        )

    def granted(self, limits: Limits) -> Limits:
        """Return what a run really gets here: no more processors than there are.

        Processors are a share of time, so a run that asks for more is only slower; of memory and
        GPUs it would miss something.
        """
        return replace(limits, cpus=min(limits.cpus, self.cpus)) if self.cpus > 0 else limits


UNTOLD = Capacity(cpus=math.inf, memory=2**62)
"""Of a worker that did not say what it has: no bounds are known, and no GPU is."""
