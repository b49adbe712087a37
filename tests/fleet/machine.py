"""Another machine for tests: a network namespace that reaches what is opened to it alone."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

# `ip netns exec` gives a mount namespace too, in which these folders are empty. The engine's socket
# may lie below one of them: it is there under another name.
HIDE = """
if [ -n "$ENGINE" ]; then touch "$SOCKET" && mount --bind "$ENGINE" "$SOCKET" || exit 1; fi
for folder in $HIDDEN; do mount -t tmpfs none "$folder" || exit 1; done
exec "$@"
"""


def why_impossible() -> str:
    """Why there can be no second machine here; empty where there can."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    if shutil.which("ip") is None:
        return "there is no ip program (apt-get install iproute2)"
    name = f"hw-try-{secrets.token_hex(3)}"
    done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"network namespaces cannot be made ({done.stderr.strip()})"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


@dataclass(frozen=True)
class Machine:
    """``here`` is this machine's address as the other one sees it."""

    name: str
    here: str

    def command(self, *words: str) -> list[str]:
        """A command line that runs there; folders in ``HIDDEN`` of its environment are empty."""
        return ["ip", "netns", "exec", self.name, "sh", "-c", HIDE, "sh", *words]

    def reaches(self, address: str, port: int) -> bool:
        """Tell whether a connection from there to an address is answered."""
        script = f"import socket; socket.create_connection(({address!r}, {port}), 2)"
        words = ["ip", "netns", "exec", self.name, "python3", "-c", script]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    @contextmanager
    def opened(self, *ports: int) -> Iterator[None]:
        """Let it reach these ports of our loopback interface, at ``here`` and the same number."""
        with ExitStack() as stack:
            for port in ports:
                stack.enter_context(_forwarded(self.here, port))
            yield


@contextmanager
def another_machine() -> Iterator[Machine]:
    """Make a namespace with one cable to us; both go at the end."""
    mark = secrets.token_hex(3)
    name, cable, plug = f"hw-{mark}", f"hw{mark}a", f"hw{mark}b"
    net = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(250)}"
    _run("ip", "netns", "add", name)
    try:
        _run("ip", "link", "add", cable, "type", "veth", "peer", "name", plug, "netns", name)
        _run("ip", "addr", "add", f"{net}.1/30", "dev", cable)
        _run("ip", "link", "set", cable, "up")
        for words in (
            ("addr", "add", f"{net}.2/30", "dev", plug),
            ("link", "set", plug, "up"),
            ("link", "set", "lo", "up"),
        ):
            _run("ip", "-n", name, *words)
        yield Machine(name=name, here=f"{net}.1")
    finally:
        _run("ip", "netns", "del", name)  # the cable goes with it


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


class _Forwarder(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    target: tuple[str, int]


class _Pipe(socketserver.BaseRequestHandler):
    """Passes bytes both ways until both sides have ended."""

    server: _Forwarder

    def handle(self) -> None:
        try:
            there = socket.create_connection(self.server.target)
        except OSError:
            return  # nobody listens there yet, or any more
        with there:
            back = threading.Thread(target=_copy, args=(there, self.request), daemon=True)
            back.start()
            _copy(self.request, there)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(1 << 16):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def _forwarded(address: str, port: int) -> Iterator[None]:
    with _Forwarder((address, port), _Pipe) as server:
        server.target = ("127.0.0.1", port)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def worker_environment(
    given: dict[str, str], *, home: Path, hidden: Sequence[Path]
) -> dict[str, str]:
    """What `make worker` gets there: the machine's own variables, and these.

    The engine of ``given`` is found by a socket in ``home``.
    """
    own = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {
        **own,
        "HOME": str(home),
        "HOUNSFIELD_HOME": str(home / "state"),
        "HIDDEN": " ".join(str(folder) for folder in hidden),
        **given,
        **_engine_by_another_name(given, home),
    }


def _engine_by_another_name(given: dict[str, str], home: Path) -> dict[str, str]:
    kind, _, path = given.get("DOCKER_HOST", "").partition("://")
    if kind != "unix":
        return {}
    socket_there = home / "engine.sock"
    return {"ENGINE": path, "SOCKET": str(socket_there), "DOCKER_HOST": f"unix://{socket_there}"}
