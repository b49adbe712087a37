"""The bootstrap: which cases are drawn how often.

The numbers come from Philox, a counter-based generator: its key is a digest of the seed and the
task's name, the draw's number is in its counter. A draw is therefore the same whatever was drawn
before it, in however many pieces, on whatever machine, and with whatever version of numpy (whose
bit streams are fixed, unlike its distributions).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.challenges.ranking.aggregates import Counts

_LABEL = "hounsfield ranking bootstrap 1"
_BLOCK = 8_000_000
"""Numbers held at once; draws are made in blocks of about this size."""


@dataclass(frozen=True)
class Design:
    """What is drawn: ``unit[case]`` is the case's cluster, ``strata`` the clusters of each stratum.

    Without clusters every case is its own; without strata there is one.
    """

    unit: NDArray[np.intp]
    strata: tuple[NDArray[np.intp], ...]

    @property
    def units(self) -> int:
        """How many clusters there are."""
        return sum(len(stratum) for stratum in self.strata)

    @property
    def simple(self) -> bool:
        """Whether cases are drawn one by one from one heap."""
        return len(self.strata) == 1 and self.units == len(self.unit)

    def only(self, cases: NDArray[np.intp]) -> "Design":
        """Return the design of some of the cases, with the clusters numbered anew."""
        kept, unit = np.unique(self.unit[cases], return_inverse=True)
        strata = (np.flatnonzero(np.isin(kept, stratum)) for stratum in self.strata)
        return Design(
            unit=unit.astype(np.intp), strata=tuple(stratum for stratum in strata if len(stratum))
        )


class DesignInvalid(Exception):
    """The clusters do not fit the strata; the message names one that lies in two."""


def design_of(clusters: Sequence[str], strata: Sequence[str]) -> Design:
    """Return the design for each case's cluster and stratum; raises `DesignInvalid`."""
    names = sorted(set(clusters))
    place = {name: at for at, name in enumerate(names)}
    stratum_of: dict[str, str] = {}
    for cluster, stratum in zip(clusters, strata, strict=True):
        if stratum_of.setdefault(cluster, stratum) != stratum:
            raise DesignInvalid(
                f"The cluster “{cluster}” lies in the strata “{stratum_of[cluster]}” and "
                f"“{stratum}”; a cluster is drawn as a whole and must lie in one."
            )
    return Design(
        unit=np.array([place[name] for name in clusters], dtype=np.intp),
        strata=tuple(
            np.array([place[name] for name in names if stratum_of[name] == stratum], dtype=np.intp)
            for stratum in sorted(set(strata))
        ),
    )


def blocks(draws: int, *, per_draw: int) -> Iterator[tuple[int, int]]:
    """Yield ``(first, count)`` so that a block of draws holds a bounded number of values."""
    size = max(1, _BLOCK // max(1, per_draw))
    for first in range(0, draws, size):
        yield first, min(size, draws - first)


def draw_counts(design: Design, *, seed: int, task: str, first: int, count: int) -> Counts:
    """Return how often each case is in the draws ``first`` … (draws x cases)."""
    text = f"{_LABEL}\0{seed}\0{task}"
    key = np.frombuffer(hashlib.sha256(text.encode()).digest()[:16], dtype="<u8")
    drawn = np.empty((count, design.units), dtype=np.int32)
    for at in range(count):
        drawn[at] = _one(design, key, first + at)
    return drawn[:, design.unit]


def _one(design: Design, key: NDArray[np.uint64], draw: int) -> NDArray[np.intp]:
    counter = np.array([0, 0, draw, 0], dtype=np.uint64)
    raw = np.random.Philox(counter=counter, key=key).random_raw(design.units)
    high = np.asarray(raw, dtype=np.uint64) >> np.uint64(32)
    total = np.zeros(design.units, dtype=np.intp)
    start = 0
    for stratum in design.strata:
        size = len(stratum)
        part = high[start : start + size]
        chosen = (part * np.uint64(size)) >> np.uint64(32)
        total[stratum] = np.bincount(chosen.astype(np.intp), minlength=size)
        start += size
    return total
