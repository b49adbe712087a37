"""A real browser at a page with one upload field, before a real server."""

import hashlib
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django import Settings

from app.accounts.models import User
from app.core.asgi import get_application
from app.core.storage import ObjectStore
from app.design import assets
from app.uploads.asgi import PartReceiver
from app.uploads.models import UserUpload
from tests.chromium import CHROMIUM
from tests.servers import asgi_server

READY = {"timeout": 60_000}


class Obstacle:
    """An ASGI layer in which a test can make requests fail, to see them being tried again."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self._application = application
        self.refuse: Callable[[dict[str, Any]], int] = lambda scope: 0
        self.seen: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(f"{scope['method']} {scope['path']}")
        if status := self.refuse(scope):
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._application(scope, receive, send)

    def parts_sent(self) -> int:
        return sum(line.startswith("PUT /files/parts/") for line in self.seen)


@pytest.fixture
def obstacle(settings: Settings) -> Obstacle:
    settings.ROOT_URLCONF = "tests.uploads.page"
    settings.ALLOWED_HOSTS = ["*"]
    manifest = assets.load_manifest()
    assert manifest is not None, "build the front end first"
    assert assets.entry_files(manifest, "uploader"), "build the front end first"
    return Obstacle(PartReceiver(ASGIStaticFilesHandler(get_application())))


@pytest.fixture
def server(obstacle: Obstacle, owner: User) -> Iterator[str]:
    with asgi_server(obstacle) as address:
        yield address


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """The machine's Chromium; its event loop in this thread would make Django refuse."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(**CHROMIUM)
        yield opened
        opened.close()
        connections.close_all()  # those of the event loop's context, which nothing else closes


@pytest.fixture
def open_page(browser: Browser, server: str, owner: User) -> Iterator[Callable[..., Page]]:
    """Return a way to open the page as ``owner``; one browser profile for all of a test.

    Fails a test during which a script broke, or did what the content security policy forbids.
    """
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    client = Client()
    client.force_login(owner)
    cookie = client.cookies["hounsfield_session"]
    context = browser.new_context(viewport={"width": 900, "height": 700}, reduced_motion="reduce")
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server}])

    def opened(kind: str = "folder", width: int = 900) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 700})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", hear)
        page.on("filechooser", lambda chooser: None)  # caught from the first key press on
        page.goto(f"{server}/send/?kind={kind}")
        return page

    yield opened
    assert complaints == []


def choose(page: Page, *paths: Path, button: str = "Choose files") -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button, exact=True).click()
    chooser.value.set_files([str(path) for path in paths])


def expect_state(page: Page, state: str) -> None:
    expect(page.locator("[data-uploader]")).to_have_attribute("data-state", state, **READY)


def submit(page: Page) -> list[dict[str, Any]]:
    page.get_by_role("button", name="Import").click()
    page.wait_for_selector("pre")
    rows: list[dict[str, Any]] = json.loads(page.locator("pre").inner_text())["files"]
    return rows


def make_file(path: Path, size: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def stored_digest(store: ObjectStore, upload: UserUpload) -> str:
    digest = hashlib.sha256()
    for data in store.iter_range(upload.key):
        digest.update(data)
    return digest.hexdigest()


def drop(page: Page) -> None:
    """Drop a nested folder as browsers report it: entries, and children in groups."""
    page.evaluate(
        """() => {
          const file = (path, text) => ({ isFile: true, isDirectory: false, fullPath: path,
            name: path.split("/").pop(),
            file: (done) => done(new File([text], path.split("/").pop())) });
          const folder = (path, children) => ({ isFile: false, isDirectory: true, fullPath: path,
            name: path.split("/").pop(),
            createReader: () => { const left = [...children];
              return { readEntries: (done) => done(left.splice(0, 2)) }; } });
          const entry = folder("/CT", [file("/CT/1.dcm", "one"), file("/CT/2.dcm", "two"),
            folder("/CT/more", [file("/CT/more/3.dcm", "three"), file("/CT/more/1.dcm", "four")]),
            folder("/CT/__MACOSX", [file("/CT/__MACOSX/1.dcm", "junk")])]);
          const drop = new Event("drop", { bubbles: true, cancelable: true });
          drop.dataTransfer = { items: [{ kind: "file", webkitGetAsEntry: () => entry,
            getAsFile: () => null }], files: [], types: ["Files"] };
          document.querySelector(".uppy-Dashboard").dispatchEvent(drop);
        }"""
    )


def eventually(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
