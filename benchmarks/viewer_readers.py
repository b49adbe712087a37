"""Simulated readers in a process of their own: each scrolls through a study at a steady pace.

    python -m benchmarks.viewer_readers PORT --seconds 30 --pace 10 < sessions.json

Standard input is a JSON list of (path, cookie), one per reader. A reader asks for the next slice on
its own clock, whether the last one has come or not, and holds nothing of it. The time runs from the
moment the reader meant to turn, so a client that falls behind does not flatter the server.
Prints one line of JSON.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.viewer_socket import Fragment, ViewerSocket
from benchmarks.warm import spread
from viewer.protocol import NO_LEVEL

OPENING = 8
"""So many sockets open at a time."""


@dataclass
class Reader:
    """One person turning slices."""

    socket: ViewerSocket
    slices: int
    full: int
    period: float
    late: list[float] = field(default_factory=list)
    overtaken: int = 0
    _meant: float = 0.0
    _waits_for: int = -1

    @classmethod
    async def open(cls, port: int, path: str, cookie: str, *, pace: float) -> "Reader":
        """Open a session."""
        socket = await ViewerSocket.open(port, path, cookie)
        assert socket.meta is not None  # noqa: S101
        cuts = socket.meta.cuts[0]
        reader = cls(socket, len(cuts), len(cuts[0]) - 1, 1 / pace)
        socket.on_fragment = reader._take
        return reader

    async def scroll(self, *, start: float, turns: int, seed: int) -> None:
        """Turn slices down and up again."""
        chance = random.Random(seed)
        start += chance.random() * self.period
        index, way = chance.randrange(self.slices), 1
        for turn in range(turns):
            meant = start + turn * self.period
            await asyncio.sleep(meant - time.perf_counter())
            if self._waits_for >= 0:
                self._overtake()
            self._meant = meant
            if not 0 <= index + way < self.slices:
                way = -way
            index += way
            self._waits_for = index
            self.socket.want([(index, NO_LEVEL, self.full, 0)])
        await asyncio.sleep(self.period)
        if self._waits_for >= 0:
            self._overtake()

    def _take(self, fragment: Fragment) -> None:
        if fragment.slice == self._waits_for and fragment.level_to == self.full:
            self.late.append(fragment.ended - self._meant)
            self._waits_for = -1

    def _overtake(self) -> None:
        """The slice had not come when the next was wanted: that took a whole turn at the least."""
        self.late.append(self.period)
        self.overtaken += 1


async def read(port: int, sessions: Sequence[tuple[str, str]], given: argparse.Namespace) -> Any:
    """Return what all readers waited, in milliseconds, and what the worst one did."""
    gate = asyncio.Semaphore(OPENING)

    async def opened(path: str, cookie: str) -> Reader:
        async with gate:
            return await Reader.open(port, path, cookie, pace=given.pace)

    readers = await asyncio.gather(*(opened(*session) for session in sessions))
    before = sum(reader.socket.received for reader in readers)
    cpu, start = time.process_time(), time.perf_counter() + 0.2
    turns = int(given.seconds * given.pace)
    async with asyncio.TaskGroup() as group:
        for seed, reader in enumerate(readers):
            group.create_task(reader.scroll(start=start, turns=turns, seed=given.seed + seed))
    took = time.perf_counter() - start
    received = sum(reader.socket.received for reader in readers) - before
    for reader in readers:
        reader.socket.close()
    return summary(readers) | {
        "seconds": round(took, 2),
        "mb_per_second": round(received / took / 1e6, 1),
        "client_cpu": round((time.process_time() - cpu) / took, 2),
    }


def summary(readers: Sequence[Reader]) -> dict[str, Any]:
    """Return the spread over all turns, and that of the reader who was served worst."""
    alone = [spread([one * 1000 for one in reader.late]) for reader in readers]
    return {
        "readers": len(readers),
        "turns": sum(len(reader.late) for reader in readers),
        "slice_ms": spread([one * 1000 for reader in readers for one in reader.late]),
        "worst_reader_ms": max(alone, key=lambda one: one["p99"]),
        "median_reader_p99_ms": sorted(one["p99"] for one in alone)[len(alone) // 2],
        "overtaken": sum(reader.overtaken for reader in readers),
        "ended": [str(r.socket.ended.result()) for r in readers if r.socket.ended.done()][:5],
    }


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--pace", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(read(given.port, json.load(sys.stdin), given))))


if __name__ == "__main__":
    main()
