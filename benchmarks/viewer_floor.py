"""What physics leaves: so many bytes over the same line by nothing but a TCP connection."""

import socket
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_SIZE = 4  # bytes of a request: how many bytes are wanted


@contextmanager
def byte_server() -> Iterator[int]:
    """Serve bytes by the number; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def _accept(server: socket.socket) -> None:
    while True:
        try:
            joined, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(joined,), daemon=True).start()


def _serve(joined: socket.socket) -> None:
    joined.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with joined:
        while len(asked := joined.recv(_SIZE, socket.MSG_WAITALL)) == _SIZE:
            joined.sendall(bytes(int.from_bytes(asked, "little")))


class Asker:
    """One connection that is already open."""

    def __init__(self, port: int) -> None:
        self._joined = socket.create_connection(("127.0.0.1", port))
        self._joined.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = memoryview(bytearray(1 << 20))

    def milliseconds(self, size: int) -> float:
        """Return how long it takes to ask for so many bytes and have them."""
        began = time.perf_counter()
        self._joined.sendall(size.to_bytes(_SIZE, "little"))
        got = 0
        while got < size:
            got += self._joined.recv_into(self._buffer)
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        """Hang up."""
        self._joined.close()


def measured(port: int, sizes: Sequence[int], *, times: int) -> dict[str, float]:
    """Return the median milliseconds for each size; the largest is asked for once."""
    asker = Asker(port)
    asker.milliseconds(1)
    found = {}
    for size in sizes:
        repeats = 1 if size == max(sizes) else times
        found[str(size)] = round(
            statistics.median(asker.milliseconds(size) for _ in range(repeats)), 2
        )
    asker.close()
    return found


def computed(size: int, *, mbit: float, round_trip_ms: float) -> float:
    """Return the milliseconds that a line of this rate and delay takes at the least."""
    return round_trip_ms + size * 8 / (mbit * 1000)
