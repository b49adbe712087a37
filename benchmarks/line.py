"""A line of known speed, in user space: a TCP proxy with a bottleneck and a delay each way.

    python -m benchmarks.line TARGET_PORT --mbit 100 --round-trip 20

All connections together share one bottleneck per direction (a token bucket no deeper than one
piece), and everything arrives half a round trip later. Opening a connection takes a round trip
more. Slow start is not imitated, nor is loss. It needs no rights, and whatever connects to a port
can be sent through it.

The process prints its port, and after every line on its standard input what it has carried.
"""

import argparse
import asyncio
import json
import selectors
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MBIT = 100.0
ROUND_TRIP_MS = 20.0
_PIECE = 8 * 1024
_SOCKET_BUFFER = 128 * 1024
"""What the kernel may hold before the line: more would hide bytes that count as sent."""


@dataclass
class Way:
    """One direction: a bottleneck that all connections share, then a delay. In seconds."""

    rate: float
    delay: float
    carried: int = 0
    _free_at: float = 0.0

    def arrival(self, size: int, *, now: float) -> float:
        """Take so many bytes; return when the last of them is through."""
        self._free_at = max(self._free_at, now) + size / self.rate
        self.carried += size
        return self._free_at + self.delay

    @property
    def queue(self) -> int:
        """Bytes that a connection may have on the line: twice its product of rate and delay."""
        return int(self.rate * self.delay * 4) + 2 * _PIECE


class End(asyncio.Protocol):
    """One end of a connection: what it receives, its peer sends when the line has carried it."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._loop = asyncio.get_running_loop()
        self._coming: deque[tuple[float, bytes]] = deque()
        self._in_flight = 0
        self._timer: asyncio.TimerHandle | None = None
        self._held = False
        self.peer: End | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the kernel's share small."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self.transport = transport
        opened = transport.get_extra_info("socket")
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            opened.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER)

    def data_received(self, data: bytes) -> None:
        """Put bytes on the line, piece by piece; stop reading when it is full."""
        now = self._loop.time()
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            self._coming.append((self._way.arrival(len(piece), now=now), piece))
        self._in_flight += len(data)
        if self._in_flight >= self._way.queue and self.transport:
            self.transport.pause_reading()
        self._expect()

    def eof_received(self) -> bool:
        """Let the end of the bytes travel like a byte."""
        self._coming.append((self._way.arrival(0, now=self._loop.time()), b""))
        self._expect()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Close the other end when all that came before has been delivered."""
        self._coming.append((self._way.arrival(0, now=self._loop.time()), b""))
        self._expect()

    def pause_writing(self) -> None:
        """This end takes no more for now: its peer holds what has arrived."""
        if self.peer:
            self.peer._held = True

    def resume_writing(self) -> None:
        """This end takes more."""
        if self.peer:
            self.peer._held = False
            self.peer._expect()

    def joined(self, peer: "End") -> None:
        """Start to carry, now that there is another end."""
        self.peer = peer
        self._expect()

    def _expect(self) -> None:
        if self._coming and self.peer and not self._held and self._timer is None:
            self._timer = self._loop.call_at(self._coming[0][0], self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        now = self._loop.time()
        peer = self.peer.transport if self.peer else None
        while self._coming and self._coming[0][0] <= now and not self._held:
            _, piece = self._coming.popleft()
            self._in_flight -= len(piece)
            if peer is None or peer.is_closing():
                continue
            if piece:
                peer.write(piece)
            else:
                peer.close()
        room = self._in_flight < self._way.queue
        if room and self.transport and not self.transport.is_closing():
            self.transport.resume_reading()
        self._expect()


async def carry(target: int, *, mbit: float, round_trip_ms: float) -> None:
    """Serve until standard input ends."""
    rate, delay = mbit * 1e6 / 8, round_trip_ms / 2000
    up, down = Way(rate, delay), Way(rate, delay)
    loop = asyncio.get_running_loop()
    joining: set[asyncio.Task[None]] = set()

    async def join(near: End) -> None:
        await asyncio.sleep(2 * delay)  # the handshake's round trip
        try:
            _, far = await loop.create_connection(lambda: End(down), "127.0.0.1", target)
        except OSError:
            if near.transport:
                near.transport.close()
            return
        near.joined(far)
        far.joined(near)

    def accept() -> End:
        near = End(up)
        task = loop.create_task(join(near))
        joining.add(task)
        task.add_done_callback(joining.discard)
        return near

    server = await loop.create_server(accept, "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        say({"up": up.carried, "down": down.carried})


def say(what: dict[str, int]) -> None:
    """Answer whoever started this process."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Line:
    """A running line: connect to `port` instead of to its target."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port: int = self._answer()["port"]

    def carried(self) -> dict[str, int]:
        """Return bytes so far, `up` to the target and `down` from it."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, int]:
        assert self._process.stdout is not None  # noqa: S101
        answer: dict[str, int] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def line(
    target: int, *, mbit: float = MBIT, round_trip_ms: float = ROUND_TRIP_MS
) -> Iterator[Line]:
    """Run a line to a port of this machine, in a process of its own."""
    numbers = [str(target), "--mbit", str(mbit), "--round-trip", str(round_trip_ms)]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.line", *numbers],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield Line(process)
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    """Run the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=int)
    parser.add_argument("--mbit", type=float, default=MBIT)
    parser.add_argument("--round-trip", type=float, default=ROUND_TRIP_MS)
    given = parser.parse_args()
    # select() waits for microseconds, epoll only for whole milliseconds.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(carry(given.target, mbit=given.mbit, round_trip_ms=given.round_trip))


if __name__ == "__main__":
    main()
