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

NO_MEMORY = """
for (const name of ["Int16Array", "Uint16Array", "Float32Array"]) {
  window[name] = new Proxy(window[name], {
    construct(target, given, called) {
      if (given[0] > 300_000) throw new RangeError("Array buffer allocation failed");
      return Reflect.construct(target, given, called);
    },
  });
}
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


def test_a_line_that_is_cut_while_slices_arrive_brings_the_rest_once(
    desk: Desk, browser: Browser
) -> None:
    with cuttable_line(desk.port) as line:
        context = desk.context(browser, port=line.port)
        whole = Reading(desk.open(context, "ct", port=line.port))
        whole.wait(f"viewer.loaded.full === {DEPTH}")
        expected = whole.get("bytesReceived")
        whole.page.close()
        line.cut_socket_after(expected // 3)
        reading = Reading(desk.open(context, "ct", port=line.port))
        reading.wait("viewer.connection.status !== 'open' && viewer.panes.length > 0")
        assert line.is_cut
        held = reading.get("loaded.full")
        assert held < DEPTH
        line.mend()
        reading.press("End")
        reading.wait(f"viewer.index === {DEPTH - 1} && viewer.complete")
        reading.wait(f"viewer.loaded.full === {DEPTH}")
        assert reading.get("bytesReceived") < 1.05 * expected, "something was fetched twice"
        assert reading.get("connection.reconnects") >= 1
        context.close()


def test_a_session_that_is_stopped_elsewhere_says_so_and_opens_again(
    desk: Desk, browser: Browser
) -> None:
    context = desk.context(browser)
    reading = Reading(desk.open(context, "photo"))
    reading.wait_for_pictures()
    sessions = desk.open(context, "/view/sessions/")
    sessions.get_by_role("button", name="Stop Photograph").click()
    expect(sessions.get_by_role("button", name="Stop Photograph")).to_be_hidden()
    alert = reading.page.get_by_role("alert")
    expect(alert).to_contain_text("This viewing session has ended")
    alert.get_by_role("button", name="Open it again").click()
    expect(alert).to_be_hidden()
    reading.wait_for_pictures()
    context.close()


def test_a_volume_that_does_not_fit_is_refused_and_its_slices_stay(
    desk: Desk, browser: Browser
) -> None:
    context = desk.context(browser)
    context.add_init_script(NO_MEMORY)
    reading = Reading(desk.open(context, "ct"))
    reading.wait_for_pictures()
    reading.page.keyboard.press("c")
    notice = reading.page.locator(".hv-notice")
    expect(notice).to_contain_text("of memory and too little is left")
    reading.wait("viewer.panes[0].orientation === 'stored' && viewer.complete")
    context.close()


def test_a_decoder_that_cannot_be_loaded_is_not_told_as_a_damaged_image(
    desk: Desk, browser: Browser
) -> None:
    context = desk.context(browser)
    context.route("**/*.wasm", lambda route: route.abort())
    page = desk.open(context, "ct")
    notice = page.locator(".hv-notice")
    expect(notice).to_contain_text("The picture decoder could not be loaded")
    expect(notice).to_have_count(1)
    expect(page.locator(".hv-stage")).to_contain_text("Cannot be shown")
    expect(page.get_by_text("Loading …")).to_have_count(0)
    context.close()


def test_without_webgl_the_page_says_what_to_do(desk: Desk, browser: Browser) -> None:
    context = desk.context(browser)
    context.add_init_script(NO_WEBGL)
    page = desk.open(context, "ct")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This browser cannot draw the images")
    expect(alert).to_contain_text("WebGL 2")
    context.close()
