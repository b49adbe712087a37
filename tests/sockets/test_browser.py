"""Sockets in a real browser: accessible, made by keyboard, charts under the content policy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from app.sockets.models import Socket
from app.sockets.schemas import clean_segments
from app.sockets.services import create_socket
from tests.chromium import CHROMIUM
from tests.design.test_browser import STANDS_OUT, TOO_SMALL, go
from tests.e2e.soundness import inaccessible
from tests.factories.accounts import UserFactory, sign_in
from tests.sampling import in_ci_one

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def queries_beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser's driver runs a loop in this thread, in which Django would not ask queries."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def author(db: None) -> User:
    return UserFactory(username="rosa", verified_at=timezone.now())


@pytest.fixture
def sockets(author: User) -> None:
    for title, kind in (("Chart", "CHART"), ("Findings", "MPOI"), ("Score", "FLT")):
        create_socket(actor=author, title=title, kind=kind, relative_path="")
    create_socket(
        actor=author,
        title="Organs",
        kind="SEG",
        relative_path="",
        description="All organs of the abdomen.",
        segments=clean_segments([{"name": "Liver", "voxel_value": 1, "color": "#ff9f1c"}]),
    )


@pytest.fixture
def open_page(author: User, live_server: LiveServer) -> Iterator[Any]:
    """Return a way to open pages as the author; fails on any script error or policy breach."""
    cookie = sign_in(Client(), author).cookies[settings.SESSION_COOKIE_NAME].value
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)

        def opened(path: str, *, width: int = 1280) -> Page:
            context = browser.new_context(viewport={"width": width, "height": 900})
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
            )
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda said: said.type == "error" and errors.append(said.text))
            go(page, f"{live_server.url}{path}")
            return page

        yield opened
        browser.close()
    assert errors == []


PAGES = [
    "/sockets/",
    "/sockets/new/",
    "/sockets/new/MPOI/",
    "/sockets/new/SEG/",
    "/sockets/new/CHOI/",
    "/sockets/rosa-chart/",
    "/sockets/rosa-findings/",
    "/sockets/rosa-organs/",
    "/sockets/rosa-score/",
]


WIDTHS = (360, 1280)


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_accessible(sockets: None, open_page: Any, width: int) -> None:
    for path in PAGES:
        page = open_page(path, width=width)
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{width}{path.replace('/', '-')}.png", full_page=True)
        if width in in_ci_one(path, WIDTHS):
            assert list(inaccessible(page)) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert page.evaluate(STANDS_OUT) == [], path
        assert page.evaluate(TOO_SMALL) == [], path
        page.context.close()


def test_a_chart_is_drawn_under_the_content_policy(sockets: None, open_page: Any) -> None:
    page = open_page("/sockets/rosa-chart/")
    expect(page.locator(".chart svg .mark-rect path")).to_have_count(3)


def test_a_segmentation_is_made_by_keyboard_alone(author: User, open_page: Any) -> None:
    page = open_page("/sockets/new/SEG/")
    page.get_by_label("Title").focus()
    page.keyboard.type("Organs")
    page.get_by_role("button", name="Three more rows").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Voxel value")).to_have_count(6)
    assert page.get_by_label("Title").input_value() == "Organs"
    page.get_by_label("Voxel value").nth(5).focus()
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    page.keyboard.type("Spleen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Organs", level=1)).to_be_visible()
    assert Socket.objects.get(slug="rosa-organs").segments[0]["name"] == "Spleen"
