"""Where a process of the portal is, told to the run that is about to kill it.

A process says over a socket that it has come to a point, and waits until it may go on. Whoever
runs the chaos either answers at once or keeps it there while something is struck.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

VARIABLE = "CHAOS_SOCKET"
ROLE = "CHAOS_ROLE"
HOME = "CHAOS_HOME"
GO_ON = b"."


def tell(point: str, **facts: str) -> None:
    """Say where this process is and wait for leave to go on; alone it just goes on."""
    address = os.environ.get(VARIABLE, "")
    if not address:
        return
    said = {
        "point": point,
        "role": os.environ.get(ROLE, ""),
        "pid": str(os.getpid()),
        "parent": str(os.getppid()),
        **facts,
    }
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        line.sendall(json.dumps(said).encode() + b"\n")
        line.recv(1)


@dataclass(frozen=True)
class Point:
    """A process that waits: ``name`` of the point, who it is, and the facts of its work."""

    name: str
    role: str
    pid: int
    parent: int
    facts: Mapping[str, str]
    line: socket.socket = field(repr=False, compare=False)

    def let_go(self) -> None:
        """Answer; a process that was killed meanwhile does not hear it."""
        with contextlib.suppress(OSError):
            self.line.sendall(GO_ON)
        self.line.close()


class Listener:
    """Hears all processes; ``wants`` decides which of them are kept until somebody looks."""

    def __init__(self, address: Path, *, wants: Callable[[Point], bool]) -> None:
        self._wants = wants
        self._kept: list[Point] = []
        self._changed = threading.Condition()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(address))
        self._socket.listen(64)
        threading.Thread(target=self._accept, name="points", daemon=True).start()

    def take(self, *, seconds: float) -> Point | None:
        """Return a process that is kept, if one comes within so many seconds."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not self._kept:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)
            return self._kept.pop(0)

    def close(self) -> None:
        """Let everybody go on from now on."""
        self._wants = lambda point: False
        with self._changed:
            for point in self._kept:
                point.let_go()
            self._kept.clear()
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._hear, args=(line,), daemon=True).start()

    def _hear(self, line: socket.socket) -> None:
        try:
            with line.makefile("r") as words:
                said = json.loads(words.readline())
        except (OSError, ValueError):
            line.close()
            return
        point = Point(
            name=said.pop("point"),
            role=said.pop("role"),
            pid=int(said.pop("pid")),
            parent=int(said.pop("parent")),
            facts=said,
            line=line,
        )
        with self._changed:
            # One at a time: what is kept for long loses its lease.
            if self._kept or not self._wants(point):
                point.let_go()
                return
            self._kept.append(point)
            self._changed.notify()
