"""The line to the server is cut and mended, and the session ends."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.viewer.browser.cutting import cuttable_line
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.reading import Reading
from tests.viewer.browser.world import DEPTH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
NO_WEBGL = """
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : original.call(this, kind, ...rest);
};
"""


def test_a_cut_line_is_a_discreet_sign_and_the_scroll_goes_on(desk: Desk, browser: Browser) -> None:
    with cuttable_line(desk.port) as line:
        context = desk.context(browser, port=line.port)
        reading = Reading(desk.open(context, "ct", port=line.port))
        reading.wait_for_pictures()
        reading.wait(f"viewer.loaded.full === {DEPTH}")
        received = reading.get("bytesReceived")
        line.cut()
        sign = reading.page.locator(".hv-offline")
        expect(sign).to_be_visible(timeout=20_000)
        for index in range(DEPTH // 2 + 1, DEPTH // 2 + 6):
            reading.press("ArrowDown")
            reading.wait(f"viewer.index === {index} && viewer.complete")
        expect(reading.page.get_by_role("alert")).to_be_hidden()
        line.mend()
        reading.wait("viewer.connection.status === 'open' && viewer.connection.reconnects >= 1")
        expect(sign).to_be_hidden()
        reading.press("ArrowDown")
        reading.wait(f"viewer.index === {DEPTH // 2 + 6} && viewer.complete")
        assert reading.get("bytesReceived") == received, "something was fetched twice"
        context.close()


def test_without_webgl_the_page_says_what_to_do(desk: Desk, browser: Browser) -> None:
    context = desk.context(browser)
    context.add_init_script(NO_WEBGL)
    page = desk.open(context, "ct")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This browser cannot draw the images")
    expect(alert).to_contain_text("WebGL 2")
    context.close()
