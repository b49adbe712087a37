"""Reviewing in a real browser: drawing by pointer, entering by keyboard, leafing through frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from PIL import Image as Picture
from PIL import ImageDraw
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from app.images.models import Quarantine
from app.images.services import mask_image
from archives.models import Archive
from tests.chromium import CHROMIUM
from tests.design.test_browser import STANDS_OUT, TOO_SMALL, go
from tests.e2e.soundness import inaccessible
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.archives import make_archive
from tests.factories.quarantine import import_dicom
from tests.synthetic import dicom

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEIGHT, WIDTH, FRAMES = 480, 640, 4


def loop() -> Any:
    """An ultrasound loop with a name in its corner."""
    frames = []
    for number in range(FRAMES):
        picture = Picture.new("RGB", (WIDTH, HEIGHT))
        draw = ImageDraw.Draw(picture)
        draw.pieslice((120, 40, 520, 460), 45, 135, fill=(60 + 20 * number,) * 3)
        draw.text((12, 10), "DOE^JANE 1970-01-01", fill=(255, 255, 255))
        frames.append(np.array(picture))
    return dicom.cine(np.stack(frames))


@pytest.fixture(autouse=True)
def queries_beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser's driver runs a loop in this thread, in which Django would not ask queries."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def archive(db: None) -> Archive:
    return make_archive(editor=UserFactory(), title="Liver ultrasound, pilot")


@pytest.fixture
def waiting(archive: Archive) -> Quarantine:
    return import_dicom(archive, loop()).quarantined.get()


@pytest.fixture
def open_page(archive: Archive, live_server: LiveServer) -> Iterator[Any]:
    """Return a way to open pages as the archive's editor; fails on any script error."""
    cookie = sign_in(Client(), archive.memberships.get().user).cookies
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)

        def opened(path: str, *, width: int = 1280) -> Page:
            context = browser.new_context(viewport={"width": width, "height": 900})
            name = settings.SESSION_COOKIE_NAME
            value = cookie[name].value
            context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            go(page, live_server.url + path)
            return page

        yield opened
        browser.close()
    assert errors == []


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_are_accessible(
    open_page: Any, archive: Archive, waiting: Quarantine, width: int
) -> None:
    pages = [
        reverse("images:reviews"),
        reverse("images:review_queue", args=["archive", archive.pk]),
        reverse("images:review", args=[waiting.pk]),
        reverse("archives:deidentification", args=[archive.pk]),
        reverse("archives:detail", args=[archive.pk]),
    ]
    for address in pages:
        page = open_page(address, width=width)
        assert list(inaccessible(page)) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") == width, address
        assert page.evaluate(STANDS_OUT) == [], address
        assert page.evaluate(TOO_SMALL) == [], address


def test_a_name_is_masked_by_drawing_over_it(open_page: Any, waiting: Quarantine) -> None:
    page = open_page(reverse("images:review", args=[waiting.pk]))
    box = page.locator("[data-stage]").bounding_box()
    scale = box["width"] / WIDTH
    page.mouse.move(box["x"] + 5 * scale, box["y"] + 5 * scale)
    page.mouse.down()
    page.mouse.move(box["x"] + 200 * scale, box["y"] + 40 * scale, steps=4)
    page.mouse.up()
    expect(page.locator("[data-stage] rect")).to_have_count(1)
    drawn = [int(page.locator(f"[name={name}]").first.input_value()) for name in ("x", "y")]
    assert max(abs(value - 5) for value in drawn) <= 1
    page.get_by_role("button", name="Mask", exact=True).click()
    expect(page.get_by_text("The picture is being masked", exact=False).first).to_be_visible()
    mask_image(waiting.pk)
    waiting.refresh_from_db()
    ((x, y, width, height),) = waiting.rectangles
    assert abs(x + width - 200) <= 2
    assert abs(y + height - 40) <= 2


def test_everything_works_by_keyboard(open_page: Any, waiting: Quarantine) -> None:
    page = open_page(reverse("images:review", args=[waiting.pk]))
    page.locator("[data-slider]").focus()
    page.keyboard.press("Home")
    expect(page.locator("[data-position]")).to_have_text(f"Frame 1 of {FRAMES}")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-position]")).to_have_text(f"Frame 2 of {FRAMES}")
    assert "/frames/1.png" in page.locator("[data-picture]").get_attribute("src")
    page.locator("[name=x]").first.focus()
    for text in ("5", "6", "100", "20"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    shown = page.locator("[data-stage] rect")
    expect(shown).to_have_count(1)
    assert [shown.get_attribute(name) for name in ("x", "y", "width", "height")] == [
        "5", "6", "100", "20",
    ]  # fmt: skip
    page.locator("[name=height]").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The picture is being masked", exact=False).first).to_be_visible()
    waiting.refresh_from_db()
    assert waiting.wanted == [[5, 6, 100, 20]]
