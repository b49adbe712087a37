"""The web server as the product starts it, on the database and the store of a test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings

from tests.servers import database_url

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE = 120.0


@contextmanager
def web_server(media: Path, *, log: Path, database: str = "") -> Iterator[str]:
    """Run uvicorn on a free port; yield its address. What it says goes to ``log``.

    ``database`` is the address of another database than the tests' own.
    """
    port = _free_port()
    env = {
        **os.environ,
        "DATABASE_URL": database or database_url(),
        "STORAGE_URL": f"file://{media}",
        "SECRET_KEY": settings.SECRET_KEY,
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    options = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false"]
    options += ["--ws-max-size", "131072"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options, "--lifespan", "off"],
            cwd=REPOSITORY,
            env=env,
            stdout=output,
            stderr=output,
        )
        try:
            _wait_until_up(process, port, log=log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_until_up(process: "subprocess.Popen[bytes]", port: int, *, log: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/static/none", timeout=5)
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        else:
            return
