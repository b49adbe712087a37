"""A server with something to read, and a browser's page at it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import psycopg
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.portal import free_port

REPOSITORY = Path(__file__).resolve().parents[3]
DEADLINE = 60.0
DESK = {"width": 1280, "height": 800}


@dataclass
class Desk:
    """Where the server listens, what there is to read, and who reads."""

    port: int
    places: dict[str, str]

    def context(self, browser: Browser, *, port: int = 0, **options: object) -> BrowserContext:
        """A browser in which the reader is signed in; ``port`` is of a line to the server."""
        made = browser.new_context(**{"viewport": DESK} | options)  # type: ignore[arg-type]
        made.set_default_timeout(20_000)
        address = self.address("", port=port)
        name = settings.SESSION_COOKIE_NAME
        made.add_cookies([{"name": name, "value": self.places["cookie"], "url": address}])
        return made

    def address(self, place: str, *, port: int = 0) -> str:
        """The full address of a place by its name in `world`, or of a path."""
        return f"http://127.0.0.1:{port or self.port}{self.places.get(place, place)}"

    def open(self, context: BrowserContext, place: str, *, port: int = 0) -> Page:
        page = context.new_page()
        page.goto(self.address(place, port=port), wait_until="commit")
        return page


@contextmanager
def running_desk(folder: Path) -> Iterator[Desk]:
    """Start the server on a database and a store of its own, with the images of `world`."""
    with _database() as address:
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": address,
            "STORAGE_URL": f"file://{folder / 'store'}",
            "SECRET_KEY": settings.SECRET_KEY,
            "HOUNSFIELD_HOME": str(folder / "home"),
        }
        command = [sys.executable, "-m", "tests.viewer.browser.world"]
        made = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, check=False)
        assert made.returncode == 0, made.stderr.decode()
        port = free_port()
        with _server(env | {"PORT": str(port)}, port=port, log=folder / "uvicorn.log"):
            yield Desk(port=port, places=json.loads(made.stdout))


@contextmanager
def _database() -> Iterator[str]:
    """A new database: that of the other tests is emptied whenever they like."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = f"desk_{uuid4().hex[:12]}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def _server(env: dict[str, str], *, port: int, log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    options = [
        "--ws",
        "websockets-sansio",
        "--ws-per-message-deflate",
        "false",
        "--lifespan",
        "off",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options], cwd=REPOSITORY, env=env, stdout=output, stderr=output
        )
        try:
            _wait_until_up(process, port, log=log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_up(process: subprocess.Popen[bytes], port: int, *, log: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/static/none", timeout=5)
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        else:
            return
