"""Everything without a mouse, and nothing that axe would object to."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.soundness import inaccessible
from tests.sampling import in_ci_one
from tests.viewer.browser.conftest import Read
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.reading import Reading
from tests.viewer.browser.world import DEPTH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MOST_TABS = 60
LARGE, SMALL = ((1440, 900), (1024, 768)), ((390, 800),)
SIZES = in_ci_one("main states", LARGE) + SMALL


def tab_to(page: Page, href: str) -> None:
    """Press Tab until a link to ``href`` has the focus, once the page is all there."""
    page.wait_for_load_state("load")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.getAttribute('href')") == href:
            return
    raise AssertionError(f"Tab never came to {href}")


def test_a_walk_from_the_archive_and_back_with_keys_alone(
    desk: Desk, context: BrowserContext
) -> None:
    page = desk.open(context, f"/archives/{desk.places['archive']}/")
    tab_to(page, desk.places["overlays"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/view/archive-item/**")
    reading = Reading(page)
    reading.wait_for_pictures()
    reading.press("PageDown")
    reading.wait(f"viewer.index === {DEPTH // 2 + 10}")
    reading.press("v", "ArrowDown", "Enter")
    reading.wait("viewer.window.center === -600")
    reading.press("m")
    reading.wait("viewer.panes.length === 3")
    reading.press(".")
    reading.wait("viewer.active === 1")
    reading.press("l", "Home", "Escape")
    reading.press("o")
    reading.wait("!viewer.overlays.shown")
    reading.press("Enter")
    expect(page.locator(".hv-pane:visible")).to_have_count(1)
    reading.press("Escape")
    expect(page.locator(".hv-pane:visible")).to_have_count(3)
    back = page.get_by_role("link", name="Back")
    back.focus()
    reading.press("Enter")
    page.wait_for_url(f"**/archives/{desk.places['archive']}/")
    page.close()


def test_the_help_is_searched(read: Read) -> None:
    reading = read("ct")
    reading.press("?")
    dialog = reading.page.get_by_role("dialog", name="Keyboard, mouse and touch")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    reading.page.keyboard.type("slab thicker")
    expect(dialog.locator(".hv-help-row:visible")).to_have_count(1)
    expect(dialog.locator(".hv-help-row:visible")).to_contain_text("Thicker slab")
    dialog.get_by_role("searchbox").fill("nothing of the kind")
    expect(dialog).to_contain_text("No key or gesture is described that way.")
    reading.press("Escape", "Escape")  # the first one empties the field
    expect(dialog).to_be_hidden()
    reading.press("ArrowDown")
    reading.wait(f"viewer.index === {DEPTH // 2 + 1}")


def test_arrows_walk_along_the_toolbar(read: Read) -> None:
    reading = read("ct")
    bar = reading.page.get_by_role("toolbar", name="Picture")
    bar.get_by_role("button", name="Layout").focus()
    reading.press("ArrowRight")
    expect(bar.get_by_role("button", name="Three planes beside each other (MPR)")).to_be_focused()
    reading.press("End", "ArrowRight")
    expect(bar.get_by_role("button", name="Layout")).to_be_focused()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_main_state_is_accessible(
    desk: Desk, browser: Browser, screenshots: Path, width: int, height: int
) -> None:
    context = desk.context(browser, viewport={"width": width, "height": height})
    reading = Reading(desk.open(context, "overlays"))
    reading.wait_for_pictures()
    faults: list[str] = []
    states = {"open": (), "mpr": ("m",), "information": ("Shift+I",), "window": ("v",)}
    for name, keys in (states | {"help": ("Escape", "?")}).items():
        reading.press(*keys)
        reading.settle()
        faults += [f"{name}: {fault}" for fault in inaccessible(reading.page)]
        reading.page.screenshot(path=screenshots / f"viewer-{name}-{width}.png", caret="initial")
    assert faults == []
    context.close()
