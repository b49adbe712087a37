"""The web server as the product starts it, on the database and the store of a test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings

from tests.servers import database_url

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE = 120.0


@contextmanager
def web_server(
    media: Path, *, log: Path, database: str = "", options: Sequence[str] = ()
) -> Iterator[str]:
    """Run uvicorn on a free port; yield its address. What it says goes to ``log``.

    ``database`` is the address of another database than the tests' own; ``options`` are more of
    uvicorn's.
    """
    port = free_port()
    scheme = "https" if "--ssl-certfile" in options else "http"
    address = f"{scheme}://127.0.0.1:{port}"
    process = start_web(media, port=port, log=log, database=database, options=options)
    try:
        wait_until_up(process, address, log=log)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def start_web(
    media: Path, *, port: int, log: Path, database: str = "", options: Sequence[str] = ()
) -> "subprocess.Popen[bytes]":
    """Start uvicorn on a port; whoever starts it stops it."""
    env = {
        **os.environ,
        "DATABASE_URL": database or database_url(),
        "STORAGE_URL": f"file://{media}",
        "SECRET_KEY": settings.SECRET_KEY,
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    sockets = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false"]
    sockets += ["--ws-max-size", "131072"]
    with log.open("wb") as output:
        return subprocess.Popen(
            [*command, *sockets, *options, "--lifespan", "off"],
            cwd=REPOSITORY,
            env=env,
            stdout=output,
            stderr=output,
        )


def free_port() -> int:
    """A port of this machine that nobody uses just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until_up(process: "subprocess.Popen[bytes]", address: str, *, log: Path) -> None:
    """Wait for its first answer."""
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            httpx.get(f"{address}/static/none", timeout=5, verify=False)
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        else:
            return
