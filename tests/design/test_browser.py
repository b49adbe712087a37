"""The style guide in a real browser: accessible, fitting every width, usable by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect, sync_playwright
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.chromium import CHROMIUM
from tests.e2e.soundness import inaccessible
from tests.sampling import in_ci_one

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (360, 1280, 2560)
# What stands out to the right of the window, and what is too small to hit (WCAG 2.5.8; links
# within text and the browser's own check boxes with their labels are excepted there).
STANDS_OUT = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter(e => e.checkVisibility() && !e.closest(".table-frame, .tabs, .log")
    && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 120))"""
TOO_SMALL = """() => [...document.querySelectorAll("a, button, summary, select, input")]
  .filter(e => e.checkVisibility() && !["checkbox", "radio", "hidden"].includes(e.type)
    && getComputedStyle(e).display !== "inline" && !e.closest(".sr-only, .skip-link"))
  .filter(e => Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) < 24)
  .map(e => e.outerHTML.slice(0, 120))"""


def go(page: Page, address: str) -> Response | None:
    """Open a page and wait until its scripts have run and nothing more is on its way.

    Quiet on the line says nothing of scripts: a busy machine can have fetched them and not begun
    to run them. The event `load` comes after every script that a page starts with.
    """
    answer = page.goto(address, wait_until="load")
    page.wait_for_load_state("networkidle")
    return answer


@pytest.fixture
def guide(live_server: LiveServer, settings: Settings) -> str:
    """Return the address of the style guide, open to everybody as in development."""
    settings.DEBUG = True
    return f"{live_server.url}/design/"


@pytest.fixture
def open_page() -> Iterator[Any]:
    """Return a way to open pages of a given width; fails on any script error."""
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)

        def opened(address: str, *, width: int = 1280, scripts: bool = True) -> Page:
            context = browser.new_context(
                viewport={"width": width, "height": 800}, java_script_enabled=scripts
            )
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            go(page, address)
            return page

        yield opened
        browser.close()
    assert errors == []


@pytest.mark.parametrize("path", ["", "dark/"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_is_accessible_at_every_width(
    guide: str, open_page: Any, path: str, width: int
) -> None:
    page = open_page(guide + path, width=width)
    assert page.locator("link[rel=stylesheet]").count() > 0, "build the front end first"
    if width in in_ci_one(path, WIDTHS):
        assert list(inaccessible(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(STANDS_OUT) == []
    assert page.evaluate(TOO_SMALL) == []


def test_open_parts_are_accessible_and_fit_a_phone(guide: str, open_page: Any) -> None:
    page = open_page(guide, width=360)
    for selector in (".menu-mobile summary", ".tip summary"):
        page.locator(selector).first.click()
        assert page.evaluate(STANDS_OUT) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Delete archive").first.click()
    assert list(inaccessible(page)) == []


def test_the_slash_key_goes_to_the_search_and_typing_searches(guide: str, open_page: Any) -> None:
    page = open_page(guide)
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search items").first
    expect(search).to_be_focused()
    page.keyboard.type("lung")
    expect(page.locator(".list-count").first).to_contain_text("found for “lung”")
    expect(search).to_be_focused()
    assert "q=lung" in page.url


def test_a_dialog_keeps_and_returns_the_focus(guide: str, open_page: Any) -> None:
    page = open_page(guide)
    opener = page.get_by_role("button", name="Delete archive").first
    opener.click()
    dialog = page.get_by_role("dialog", name="Delete this archive?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_label("Type").fill("another name")
    dialog.get_by_role("button", name="Delete archive").click()
    expect(dialog).to_be_visible()  # the browser refuses the wrong name
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_without_scripts_menus_dialogs_and_search_work(guide: str, open_page: Any) -> None:
    page = open_page(guide, width=360, scripts=False)
    page.locator(".menu-mobile summary").click()
    expect(page.locator(".menu-mobile nav")).to_be_visible()
    page.locator(".menu-mobile summary").click()
    page.get_by_role("button", name="Delete archive").first.click()
    expect(page.locator("dialog")).to_be_visible()
    page.locator("dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator("dialog")).to_be_hidden()
    page.get_by_role("searchbox", name="Search items").first.fill("lung")
    page.keyboard.press("Enter")
    expect(page.locator(".list-count").first).to_contain_text("found for “lung”")


def test_a_log_follows_its_end_until_the_reader_scrolls_up(guide: str, open_page: Any) -> None:
    page = open_page(guide)
    log = page.get_by_role("log")
    at_end = "e => e.scrollHeight - e.scrollTop - e.clientHeight < 2"
    more = "e => { e.textContent += '\\nmore'.repeat(40); }"
    assert log.evaluate(at_end)
    log.evaluate(more)
    page.wait_for_function(f"({at_end})(document.querySelector('[role=log]'))")
    log.hover()
    page.mouse.wheel(0, -300)
    expect(page.get_by_label("Follow")).not_to_be_checked()
    log.evaluate(more)
    assert not log.evaluate(at_end)
    page.get_by_label("Follow").check()
    page.wait_for_function(f"({at_end})(document.querySelector('[role=log]'))")


def test_a_table_wider_than_a_phone_is_reached_by_keyboard(guide: str, open_page: Any) -> None:
    page = open_page(guide, width=360)
    frame = page.get_by_role("region", name="Ranked by Dice")
    frame.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(frame).to_be_focused()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("region", name="Ranked by Dice")).to_have_count(0)


def test_a_toast_is_shown_as_text(guide: str, open_page: Any) -> None:
    page = open_page(guide)
    page.evaluate(
        """window.dispatchEvent(new CustomEvent("toast",
             {detail: {text: "<b>Saved</b>", tone: "warning"}}))"""
    )
    toast = page.locator(".toast-warning")
    expect(toast).to_contain_text("<b>Saved</b>")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)
