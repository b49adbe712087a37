"""The protocol alone, as a program sees it: how long from a WANT until the slice is there.

    python -m benchmarks.viewer_wire PORT PATH COOKIE --preview 3 --full 5

A process of its own, so that nothing else of the benchmark shares its time. Every slice is asked
for once, so that neither side holds anything of it. Prints one line of JSON.
"""

import argparse
import asyncio
import hashlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs

from benchmarks.viewer_socket import Fragment, ViewerSocket
from viewer.protocol import NO_LEVEL

ROOT = Path(__file__).resolve().parents[1]
SETTLE = 0.4  # seconds of a sweep before a jump: the window has found the line's size by then
BETWEEN_JUMPS = 0.12
PATIENCE = 60.0


@dataclass
class Client:
    """One socket and what has come over it."""

    socket: ViewerSocket
    came: dict[int, Fragment]
    arrived: asyncio.Event
    done: int = 0

    @classmethod
    async def open(cls, port: int, path: str, cookie: str, *, keep: bool = False) -> "Client":
        """Open a session."""
        client = cls(await ViewerSocket.open(port, path, cookie, keep=keep), {}, asyncio.Event())
        client.socket.on_fragment = client._take
        client.socket.on_done = client._end
        return client

    def _take(self, fragment: Fragment) -> None:
        self.came[fragment.slice] = fragment
        self.arrived.set()

    def _end(self, gen: int) -> None:
        self.done = gen
        self.arrived.set()

    async def until(self, condition: Any) -> None:
        """Wait until ``condition()`` holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.arrived.clear()
                await self.arrived.wait()

    async def one(self, index: int, level: int) -> float:
        """Return the milliseconds from the WANT of one slice until it is there."""
        self.came.pop(index, None)
        began = time.perf_counter()
        self.socket.want([(index, NO_LEVEL, level, 0)])
        await self.until(lambda: index in self.came)
        return (self.came[index].ended - began) * 1000

    async def all(self, count: int, level: int) -> dict[str, float]:
        """Return milliseconds and bytes of all slices at one level."""
        self.came.clear()
        before, began = self.socket.received, time.perf_counter()
        gen = self.socket.want([(index, NO_LEVEL, level, 0) for index in range(count)])
        await self.until(lambda: self.done == gen)
        last = max(fragment.ended for fragment in self.came.values())
        return {"ms": (last - began) * 1000, "bytes": self.socket.received - before}

    async def jumps(self, targets: Sequence[int], *, count: int, levels: tuple[int, int]) -> Any:
        """Return the milliseconds to the first byte, and to the preview, in mid-sweep."""
        preview, full = levels
        self.came.clear()
        self.socket.want(_outwards(count // 2, count, full))
        await asyncio.sleep(SETTLE)
        first, whole = [], []
        for target in targets:
            self.came.pop(target, None)
            began = time.perf_counter()
            rest = [item for item in _outwards(target, count, full) if item[0] not in self.came]
            gen = self.socket.want([(target, NO_LEVEL, preview, 0), *rest])
            await self.until(lambda t=target, g=gen: t in self.came and self.came[t].gen == g)
            first.append((self.came[target].began - began) * 1000)
            whole.append((self.came[target].ended - began) * 1000)
            await asyncio.sleep(BETWEEN_JUMPS)
        self.socket.want([])
        await asyncio.sleep(SETTLE)
        return first, whole


def _outwards(center: int, count: int, level: int) -> list[tuple[int, int, int, int]]:
    order = sorted(range(count), key=lambda index: abs(index - center))
    return [(index, NO_LEVEL, level, 5) for index in order]


async def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Return all that can be measured over one session."""
    began = time.perf_counter()
    client = await Client.open(given.port, given.path, given.cookie)
    found: dict[str, Any] = {"open_ms": (time.perf_counter() - began) * 1000}
    meta = client.socket.meta
    assert meta is not None  # noqa: S101
    count = len(meta.cuts[0])
    slices = random.Random(given.seed).sample(range(count), count)
    times, jumps = given.times, given.jumps
    found["preview_ms"] = [await client.one(i, given.preview) for i in slices[:times]]
    found["full_ms"] = [await client.one(i, given.full) for i in slices[times : 2 * times]]
    if jumps:
        levels = (given.preview, given.full)
        targets = slices[-jumps:]
        first, whole = await client.jumps(targets, count=count, levels=levels)
        found |= {"jump_first_byte_ms": first, "jump_preview_ms": whole}
    if given.everything:
        found["sweep"] = await client.all(count, given.preview)
        found["all"] = await client.all(count, given.full)
    client.socket.close()
    return found


async def digests(given: argparse.Namespace) -> list[str]:
    """Return the SHA-256 of the pixels of every slice, decoded here, in order."""
    client = await Client.open(given.port, given.path, given.cookie, keep=True)
    assert client.socket.meta is not None  # noqa: S101
    count = len(client.socket.meta.cuts[0])
    await client.all(count, given.full)
    client.socket.close()
    return [_digest(client.came[index].payload) for index in range(count)]


def _digest(stream: bytes) -> str:
    return hashlib.sha256(imagecodecs.htj2k_decode(stream).tobytes()).hexdigest()


def ask(
    port: int, path: str, cookie: str, *, times: int = 20, jumps: int = 0, seed: int = 0,
    everything: bool = False, pixels: bool = False,
) -> Any:  # fmt: skip
    """Run the client in a process of its own and return what it printed."""
    command = [sys.executable, "-m", "benchmarks.viewer_wire", str(port), path, cookie]
    command += ["--times", str(times), "--jumps", str(jumps), "--seed", str(seed)]
    command += ["--everything"] * everything + ["--pixels"] * pixels
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=300)
    return json.loads(done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("cookie")
    parser.add_argument("--preview", type=int, default=3)
    parser.add_argument("--full", type=int, default=5)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--jumps", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--everything", action="store_true", help="also whole sweeps")
    parser.add_argument("--pixels", action="store_true", help="only the digests of the pixels")
    given = parser.parse_args()
    what = digests if given.pixels else measure
    print(json.dumps(asyncio.run(what(given))))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
