"""Two ways to ask a container that stays up: through its network namespace, or through its engine.

Engines on other machines, without root, or with a kernel of their own (gVisor) are asked to start
a program of ours in the container, for which an image need not contain anything. It is a static
x86-64 program of some 300 bytes, lies in a read-only folder of its own, sends its argument to the
port and prints what comes back. It costs the start of a process per request, which is why the
namespace is entered where that is possible.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import docker
import requests

from app.execution.contract.limits import KIB
from app.execution.contract.serving import HOST, PORT
from app.execution.executors.keeper import executable

TOOLS_FOLDER = "/opt/hounsfield"
_PROGRAM = "ask"
_CHUNKS = 16
_WAIT_SECONDS = 0.5
_AT_ONCE = 64 * KIB

# r12 is the argument, r13 its length, ebp the socket; the 4 KiB below the stack are the buffer.
_CODE = bytes.fromhex(
    "4c8b642410"  # r12 = argv[1]
    "4c89e7 31c0 4883c9ff f2ae 48ffcf 4c29e7 4989fd"  # r13 = strlen(r12)
    "b829000000 bf02000000 be01000000 31d2 0f05"  # socket(AF_INET, SOCK_STREAM, 0)
    "85c0 785a 89c5"  # below zero: fail; ebp = the socket
    "b82a000000 89ef 488d3556000000 ba10000000 0f05"  # connect(ebp, the address behind, 16)
    "85c0 753f"  # not zero: fail
    "b801000000 89ef 4c89e6 4c89ea 0f05"  # write(ebp, r12, r13)
    "31c0 89ef 488db42400f0ffff ba00100000 0f05"  # again: read(ebp, buffer, 4096)
    "85c0 7e10"  # nothing more: done
    "89c2 b801000000 bf01000000 0f05 ebd9"  # write(1, buffer, what was read); again
    "31ff b83c000000 0f05"  # done: exit(0)
    "bf01000000 b83c000000 0f05"  # fail: exit(1)
)


def relay_program() -> bytes:
    """The program; the address that it connects to follows its code."""
    address = struct.pack("<H", socket.AF_INET) + struct.pack(">H", PORT) + socket.inet_aton(HOST)
    return executable(_CODE + address + bytes(8))


def place_relay(folder: Path) -> None:
    """Make the folder that containers see as `TOOLS_FOLDER`."""
    folder.mkdir()
    program = folder / _PROGRAM
    program.write_bytes(relay_program())
    program.chmod(0o755)


class RelayChannel:
    """The answer to one request, which a program in the container passes on.

    A thread reads what the engine sends, a few pieces ahead: an endless answer does not fill the
    worker's memory. It ends with the container when nobody listens any more.
    """

    def __init__(
        self, container_id: str, request: bytes, *, new_client: Callable[[], docker.DockerClient]
    ) -> None:
        self._client = new_client()
        self._chunks: queue.Queue[bytes] = queue.Queue(maxsize=_CHUNKS)
        self._closed = threading.Event()
        command = [f"{TOOLS_FOLDER}/{_PROGRAM}", request.decode()]
        try:
            made = self._client.api.exec_create(container_id, command, stderr=False)
            stream = self._client.api.exec_start(made["Id"], stream=True)
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            self._client.close()
            raise ConnectionError(f"Nothing can be asked of the container ({error}).") from error
        self._thread = threading.Thread(
            target=self._read, args=(cast(Iterator[bytes], stream),), daemon=True
        )
        self._thread.start()

    def receive(self, timeout: float) -> bytes | None:
        """Return the next piece, nothing at the end, None when none came in time."""
        try:
            return self._chunks.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()

    def _read(self, stream: Iterator[bytes]) -> None:
        try:
            with contextlib.suppress(docker.errors.DockerException, OSError, ValueError):
                for chunk in stream:
                    self._pass_on(chunk)
                    if self._closed.is_set():
                        break
            self._pass_on(b"")
        finally:
            self._client.close()

    def _pass_on(self, chunk: bytes) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._chunks.put(chunk, timeout=_WAIT_SECONDS)
                return


class SocketChannel:
    """The answer on a connection of our own."""

    def __init__(self, connection: socket.socket, request: bytes) -> None:
        self._connection = connection
        connection.sendall(request)

    def receive(self, timeout: float) -> bytes | None:
        """Return some bytes, nothing at the end, None when none came in time."""
        self._connection.settimeout(max(timeout, 0.001))
        try:
            return self._connection.recv(_AT_ONCE)
        except TimeoutError:
            return None
        except OSError:
            return b""

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
