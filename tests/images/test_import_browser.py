"""The pages of imports in a real browser: live, accessible and fitting in every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from app.core.states import transition
from app.images.models import Import, ImportFile
from archives.models import Archive
from tests.chromium import CHROMIUM
from tests.design.test_browser import STANDS_OUT
from tests.e2e.soundness import inaccessible
from tests.factories.archives import make_archive
from tests.factories.images import make_image, make_import, make_upload
from tests.images.test_imports import begin, finish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
State = Import.State
WIDTHS = (1280, 360)
Open = Callable[[str, int], Page]


@pytest.fixture
def archive(user: User) -> Archive:
    return make_archive(editor=user, title="Chest CT, screening 2026")


@pytest.fixture(autouse=True)
def unsafe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test use the database while the browser's event loop runs in its thread."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def open_page(live_server: LiveServer, user: User) -> Iterator[Open]:
    """Open pages of one's own at a width; script errors fail the test."""
    client = Client()
    client.force_login(user)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.session.session_key}
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)

        def opened(path: str, width: int) -> Page:
            context = browser.new_context(viewport={"width": width, "height": 900})
            context.add_cookies([{**cookie, "url": live_server.url}])  # type: ignore[list-item, misc]
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{live_server.url}{path}")
            return page

        yield opened
        browser.close()
    assert errors == []


def check(page: Page, folder: Path, name: str) -> None:
    """Look for what is not accessible and what stands out, and keep a picture."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    assert list(inaccessible(page)) == []
    assert page.evaluate(STANDS_OUT) == []


def running(user: User, archive: Archive, **fields: Any) -> Import:
    values: dict[str, Any] = {
        "state": State.RUNNING,
        "stage": "CONVERTING",
        "total_files": 2000,
        "done_files": 480,
        "destination_id": archive.pk,
        "destination_title": archive.title,
        "lease_expires_at": timezone.now(),
    }
    return make_import(owner=user, **(values | fields))


def ended(user: User, archive: Archive, state: str) -> Import:
    source = running(user, archive, state=state, stage="", finished_at=timezone.now())
    if state in {State.PARTIAL, State.SUCCEEDED}:
        images = [
            make_image(name=f"Series {number}: axial 1.0 mm", source=source) for number in range(3)
        ]
        for number in range(120):
            source.files.create(
                path=f"study/{number:04}.dcm", outcome="USED", image=images[number % 3]
            )
    if state in {State.PARTIAL, State.FAILED}:
        upload = make_upload(owner=user)
        source.uploads.add(upload)
        for number in range(60):
            source.files.create(
                path=f"a folder with a rather long name/and another/{number:04}.dcm",
                outcome=ImportFile.Outcome.FAILED,
                upload=upload,
                code="MissingSlices",
                message="Between slices 12 and 13 there is room for another one.",
                advice="Upload the series again together with the missing slices.",
            )
        source.files.create(path="Thumbs.db", outcome="SKIPPED", code="SystemFile", message="…")
    if state == State.FAILED:
        Import.objects.filter(pk=source.pk).update(message="None of the files can be used.")
    if state == State.CANCELLED:
        source.uploads.add(make_upload(owner=user))
    return source


@pytest.mark.parametrize("width", WIDTHS)
def test_every_state_and_the_list(
    open_page: Open, user: User, archive: Archive, tmp_path: Path, width: int
) -> None:
    queued = running(user, archive, state=State.QUEUED, stage="", done_files=0)
    at_work = running(user, archive)
    for number in range(5):
        make_image(name=f"Series {number}: axial 1.0 mm", source=at_work)
    over = [
        ended(user, archive, state)
        for state in (State.SUCCEEDED, State.PARTIAL, State.FAILED, State.CANCELLED)
    ]
    for source in (queued, at_work, *over):
        page = open_page(reverse("images:import", args=[source.pk]), width)
        check(page, tmp_path, f"{source.state}-{width}")
    check(open_page(reverse("images:imports"), width), tmp_path, f"list-{width}")


def test_it_is_live_and_says_so(open_page: Open, user: User, archive: Archive) -> None:
    source = running(user, archive)
    make_image(name="First series", source=source)
    page = open_page(reverse("images:import", args=[source.pk]), 1280)
    pictures = page.locator("#import-images li")
    expect(pictures).to_have_count(1)
    cancel = page.get_by_role("button", name="Cancel").first
    cancel.focus()
    make_image(name="Second series", source=source)
    Import.objects.filter(pk=source.pk).update(done_files=1100)
    expect(pictures).to_have_count(2)
    expect(page.locator("#import-said")).to_have_text("1100 of 2000 files done, 2 images so far.")
    expect(page.locator("progress")).to_have_attribute("value", "1100")
    expect(cancel).to_be_focused()
    transition(source, State.SUCCEEDED, stage="", finished_at=timezone.now())
    expect(page.get_by_role("main")).to_contain_text("Succeeded")
    expect(page.locator("#import-said")).to_have_text("The import has ended: Done. 2 images.")
    expect(page.locator("tr[data-image]")).to_have_count(2)
    expect(cancel).to_have_count(0)


def test_cancelled_by_keyboard(open_page: Open, user: User, archive: Archive) -> None:
    source = running(user, archive, state=State.QUEUED, stage="")
    page = open_page(reverse("images:import", args=[source.pk]), 1280)
    page.get_by_role("button", name="Cancel").first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("nothing is added")
    dialog.get_by_role("button", name="Stop the import").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("The import was cancelled")
    source.refresh_from_db()
    assert source.state == State.CANCELLED


def test_files_are_searched_where_they_are(open_page: Open, user: User, archive: Archive) -> None:
    source = finish(begin(archive, b"no image", b"", names=("notes.dcm", "empty.dcm")))
    page = open_page(reverse("images:import", args=[source.pk]), 1280)
    rows = page.locator("#problems tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("searchbox").fill("empty")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("EmptyFile")
