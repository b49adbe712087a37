"""The site and viewer servers as real processes, and a client that finds its way between them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect

from tests.servers import _free_ports as free_ports
from tests.servers import database_url
from viewer import protocol as p

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE = 90.0
OPTIONS = ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false")


@dataclass(frozen=True)
class Program:
    """A running server."""

    process: "subprocess.Popen[bytes]"
    url: str
    log: Path
    environment: Mapping[str, str]

    @property
    def socket_origin(self) -> str:
        return "ws" + self.url.removeprefix("http")

    def kill(self) -> None:
        """Take it away without a word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)


@contextmanager
def running(
    application: str, *, port: int, environment: Mapping[str, str], log: Path, health: str
) -> Iterator[Program]:
    """Run an ASGI application with uvicorn; it is there when ``health`` answers."""
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), *OPTIONS]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--timeout-graceful-shutdown", "2"],
            cwd=REPOSITORY,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(process, f"{url}{health}", log=log)
        yield Program(process=process, url=url, log=log, environment=environment)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        process.kill()
        process.wait()


def _wait_until_up(process: "subprocess.Popen[bytes]", url: str, *, log: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        else:
            return


def site_environment(*, port: int, storage: str, servers: str) -> dict[str, str]:
    """What the site's own processes get, beside the tests' database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "STORAGE_URL": storage,
        "SECRET_KEY": settings.SECRET_KEY,
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "VIEWER_SERVERS": servers,
    }


def far_environment(*, site: str, token: str, home: Path) -> dict[str, str]:
    """All that a viewer server without keys gets."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings.viewer",
        "HOUNSFIELD_HOME": str(home),
        "SITE_URL": site,
        "VIEWER_SERVER_TOKEN": token,
    }


def wait_until(ask: Any, *, seconds: float = 30.0) -> Any:
    """Ask until the answer is true; return it."""
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, "It never came true."
        time.sleep(0.1)
    return found


__all__ = [
    "ClientConnection",
    "Program",
    "connect",
    "far_environment",
    "free_ports",
    "open_socket",
    "read_slices",
    "running",
    "site_environment",
    "wait_until",
]


def open_socket(url: str, *, site: str, **more: Any) -> Any:
    """Connect like a browser that shows a page of the site."""
    return connect(url, origin=site, max_size=None, proxy=None, **more)


async def read_slices(channel: ClientConnection, count: int) -> dict[int, bytes]:
    """OPEN, then fetch every slice of the first layer in full, acknowledging as it goes."""
    received = 0
    slices: dict[int, bytes] = {}
    await channel.send(p.encode(p.Open()))
    while True:
        data = await channel.recv()
        assert isinstance(data, bytes)
        received += len(data)
        await channel.send(p.encode(p.Ack(received)))
        message = p.decode_server(data)
        assert not isinstance(message, p.ErrorText), message
        if isinstance(message, p.Meta):
            last = message.info["layers"][0]["levels"] - 1
            items = tuple(p.WantItem(0, 0, i, p.NO_LEVEL, last, 0) for i in range(count))
            await channel.send(p.encode(p.Want(1, items)))
        elif isinstance(message, p.Frag):
            slices[message.slice] = slices.get(message.slice, b"") + bytes(message.payload)
        elif message == p.Done(1):
            return slices
