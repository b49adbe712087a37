"""The upload control in a real browser against a real server."""

import hashlib
import json
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import Settings

from app.accounts.models import User
from app.core.storage import ObjectStore
from app.design import assets
from app.uploads.asgi import PartReceiver
from app.uploads.models import UserUpload
from tests.servers import asgi_server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
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
    return Obstacle(PartReceiver(ASGIStaticFilesHandler(get_asgi_application())))


@pytest.fixture
def server(obstacle: Obstacle, owner: User) -> Iterator[str]:
    with asgi_server(obstacle) as address:
        yield address


@pytest.fixture(autouse=True)
def database_beside_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread, where Django would refuse the database."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield opened
        opened.close()
        connections.close_all()  # those of the event loop's context, which nothing else closes


@pytest.fixture
def open_page(browser: Browser, server: str, owner: User) -> Callable[..., Page]:
    """Return a way to open the page as ``owner``; one browser profile for all of a test."""
    client = Client()
    client.force_login(owner)
    cookie = client.cookies["hounsfield_session"]
    context = browser.new_context(viewport={"width": 900, "height": 700}, reduced_motion="reduce")
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server}])

    def opened(kind: str = "folder", width: int = 900) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 700})
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.goto(f"{server}/send/?kind={kind}")
        return page

    return opened


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


def test_a_large_file_goes_up_in_parts_and_the_form_waits(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path, store: ObjectStore
) -> None:
    path = make_file(tmp_path / "files/scan.mha", 20 * 2**20 + 7)
    page = open_page()
    button = page.get_by_role("button", name="Import")
    expect(button).to_be_disabled()
    choose(page, path)
    expect_state(page, "ready")
    expect(button).to_be_enabled()
    assert obstacle.parts_sent() == 3
    assert submit(page) == [{"path": "scan.mha", "name": "scan.mha", "size": path.stat().st_size}]
    (upload,) = UserUpload.objects.all()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert upload.sha256 == stored_digest(store, upload) == digest


def test_a_folder_of_hundreds_keeps_its_paths(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    folder = tmp_path / "files/Study 1"
    for number in range(230):
        make_file(folder / f"series {number % 2}" / f"{number:04d}.dcm", 700 + number)
    make_file(folder / "empty.txt", 0)
    make_file(folder / ".DS_Store", 10)
    page = open_page()
    choose(page, folder, button="Choose a folder")
    expect_state(page, "ready")
    assert page.get_by_role("listitem").count() < 60  # of 231: a list of thousands costs the same
    expect(page.locator("[data-uploader-announce]")).to_have_text("231 files uploaded")
    rows = submit(page)
    assert {row["path"] for row in rows} == {
        "Study 1/empty.txt",
        *(f"Study 1/series {n % 2}/{n:04d}.dcm" for n in range(230)),
    }
    assert all(row["path"].endswith(row["name"]) for row in rows)
    calls = [line for line in obstacle.seen if "/api/" in line]
    assert len(calls) < 40  # in batches, not two requests for each file
    assert UserUpload.objects.filter(state="COMPLETED").count() == 231


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


def test_dropped_folders_are_walked_through(open_page: Callable[..., Page]) -> None:
    page = open_page()
    drop(page)
    expect_state(page, "ready")
    paths = ["CT/1.dcm", "CT/2.dcm", "CT/more/1.dcm", "CT/more/3.dcm"]
    assert sorted(row["path"] for row in submit(page)) == paths


def test_resuming_after_a_reload(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path, store: ObjectStore
) -> None:
    path = make_file(tmp_path / "files/scan.mha", 40 * 2**20)
    obstacle.refuse = lambda scope: (
        503 if scope["method"] == "PUT" and scope["path"].endswith(("/4", "/5")) else 0
    )
    page = open_page()
    choose(page, path)
    expect(page.get_by_role("progressbar").first).to_have_attribute(
        "aria-valuenow", re.compile("^[6-9][0-9]"), **READY
    )
    _eventually(lambda: len(list(store.list_multiparts("uploads/"))) == 1)
    (opened,) = UserUpload.objects.all()
    _eventually(lambda: len(store.list_parts(opened.key, multipart_id=opened.multipart_id)) == 3)
    page.close(run_before_unload=False)

    obstacle.refuse = lambda scope: 0
    obstacle.seen.clear()
    page = open_page()
    choose(page, path)
    expect_state(page, "ready")
    assert obstacle.parts_sent() == 2  # of five
    upload = UserUpload.objects.get()
    assert upload.pk == opened.pk
    assert upload.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_bad_moment_is_tried_again(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    failures = {"PUT": 2, "POST": 1, "PATCH": 1}

    def refuse(scope: dict[str, Any]) -> int:
        if failures.get(scope["method"], 0) and "static" not in scope["path"]:
            failures[scope["method"]] -= 1
            return 503
        return 0

    obstacle.refuse = refuse
    page = open_page()
    choose(page, make_file(tmp_path / "files/a.dcm", 1000))
    expect_state(page, "ready")
    assert set(failures.values()) == {0}


def test_an_expired_address_is_replaced(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    left = [3]

    def refuse(scope: dict[str, Any]) -> int:
        if scope["method"] == "PUT" and left[0]:
            left[0] -= 1
            return 403
        return 0

    obstacle.refuse = refuse
    page = open_page()
    choose(page, make_file(tmp_path / "files/a.mha", 9 * 2**20))
    expect_state(page, "ready")
    assert sum("generate-presigned-urls" in line for line in obstacle.seen) >= 4


def test_what_is_refused_says_why_and_can_be_tried_again(
    open_page: Callable[..., Page], settings: Settings, tmp_path: Path
) -> None:
    settings.UPLOAD_QUOTA_BYTES = 10 * 2**20
    page = open_page()
    choose(page, make_file(tmp_path / "files/big.mha", 12 * 2**20))
    expect_state(page, "failed")
    problem = page.locator("[data-uploader-problems]")
    expect(problem).to_contain_text("big.mha: ")
    expect(problem).to_contain_text("10.0 MiB")
    expect(problem).to_contain_text("delete what you have uploaded")
    expect(page.get_by_role("button", name="Import")).to_be_disabled()
    settings.UPLOAD_QUOTA_BYTES = 2**30
    page.locator(".uppy-StatusBar").get_by_role("button", name="Try again").click()
    expect_state(page, "ready")


def test_removing_drops_the_upload_on_the_server_too(
    open_page: Callable[..., Page], tmp_path: Path, store: ObjectStore
) -> None:
    page = open_page()
    choose(page, make_file(tmp_path / "files/a.dcm", 10), make_file(tmp_path / "files/b.dcm", 10))
    expect_state(page, "ready")
    page.get_by_role("button", name="Remove a.dcm").click()
    _eventually(lambda: UserUpload.objects.count() == 1)
    assert [row["path"] for row in submit(page)] == ["b.dcm"]
    assert len(list(store.list_objects("uploads/"))) == 1


def test_cancelling_while_it_is_being_sent(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path, store: ObjectStore
) -> None:
    obstacle.refuse = lambda scope: 503 if scope["method"] == "PUT" else 0
    page = open_page()
    choose(page, make_file(tmp_path / "files/scan.mha", 9 * 2**20))
    _eventually(lambda: obstacle.parts_sent() > 0)
    page.get_by_role("button", name="Remove all", exact=True).click()
    expect_state(page, "empty")
    _eventually(lambda: UserUpload.objects.count() == 0)
    _eventually(lambda: list(store.list_multiparts("uploads/")) == [])


def test_one_file_of_the_right_kind(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page("image")
    choose(page, make_file(tmp_path / "files/notes.txt", 10), button="Choose a file")
    expect(page.get_by_role("alert")).to_contain_text(".tar,.tar.gz")
    expect_state(page, "empty")
    choose(page, make_file(tmp_path / "files/one.tar", 10), button="Choose a file")
    expect_state(page, "ready")
    page.get_by_role("button", name="Remove one.tar").click()
    choose(page, make_file(tmp_path / "files/two.tar.gz", 10), button="Choose a file")
    expect_state(page, "ready")
    assert [row["path"] for row in submit(page)] == ["two.tar.gz"]


def test_a_form_that_comes_back_keeps_the_files(
    open_page: Callable[..., Page], obstacle: Obstacle, tmp_path: Path
) -> None:
    page = open_page("titled")
    choose(page, make_file(tmp_path / "files/a.dcm", 10))
    expect_state(page, "ready")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("button", name="Remove a.dcm")).to_be_visible()
    page.get_by_label("Title").fill("A title")
    assert [row["path"] for row in submit(page)] == ["a.dcm"]
    assert obstacle.parts_sent() == 1


@pytest.mark.parametrize("width", [360, 900])
def test_it_is_accessible_and_fits(
    open_page: Callable[..., Page], tmp_path: Path, width: int
) -> None:
    page = open_page(width=width)
    assert Axe().run(page, options=RULES).response["violations"] == []
    name = "a-very-long-name-that-does-not-fit-on-a-phone-" * 4
    choose(page, *[make_file(tmp_path / f"files/{name}{n}.dcm", 100) for n in range(12)])
    expect_state(page, "ready")
    expect(page.locator("[data-uploader-announce]")).to_have_text("12 files uploaded")
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if folder := os.environ.get("HOUNSFIELD_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"uploader-{width}.png")


def _eventually(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
