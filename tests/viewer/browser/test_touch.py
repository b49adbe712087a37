"""Fingers: one for the tool, two for zooming and moving, a long press for the menu."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from tests.viewer.browser.desk import Desk
from tests.viewer.browser.reading import Reading
from tests.viewer.browser.world import DEPTH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PHONE = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def phone(desk: Desk, browser: Browser) -> Iterator[Reading]:
    """The viewer on a phone."""
    context = desk.context(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    reading = Reading(desk.open(context, "ct"))
    reading.wait_for_pictures()
    yield reading
    context.close()


class Fingers:
    """Touches at places relative to the middle of the first pane."""

    def __init__(self, reading: Reading) -> None:
        self.middle = reading.middle()
        self.session: CDPSession = reading.page.context.new_cdp_session(reading.page)

    def touch(self, kind: str, *places: tuple[float, float]) -> None:
        x, y = self.middle
        points = [{"x": x + dx, "y": y + dy, "id": n} for n, (dx, dy) in enumerate(places)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_one_finger_scrolls(phone: Reading) -> None:
    before = phone.get("index")
    fingers = Fingers(phone)
    fingers.touch("touchStart", (0, -60))
    for down in range(-40, 101, 20):
        fingers.touch("touchMove", (0, down))
    fingers.touch("touchEnd")
    phone.wait(f"viewer.index > {before} && viewer.index < {DEPTH} && viewer.complete")


def test_two_fingers_zoom_and_move(phone: Reading) -> None:
    phone.press("f")
    start = phone.pane()["camera"]["focalPoint"]
    fingers = Fingers(phone)
    fingers.touch("touchStart", (-30, 0))
    fingers.touch("touchStart", (-30, 0), (30, 0))
    for spread in (45, 60, 75, 90):
        fingers.touch("touchMove", (40 - spread, 0), (40 + spread, 0))
    fingers.touch("touchEnd")
    phone.wait("viewer.zoom > 1.5")
    assert phone.pane()["camera"]["focalPoint"][0] != start[0]


def test_a_long_press_opens_the_menu_of_the_pane(phone: Reading) -> None:
    index = phone.get("index")
    fingers = Fingers(phone)
    fingers.touch("touchStart", (0, 0))
    menu = phone.page.get_by_role("dialog", name="Pane")
    expect(menu).to_be_visible()
    fingers.touch("touchEnd")
    expect(menu).to_be_visible()
    menu.get_by_role("radio", name="Window").check()
    expect(menu).to_be_hidden()
    width = phone.get("window.width")
    fingers.touch("touchStart", (0, 0))
    for right in (20, 40, 60):
        fingers.touch("touchMove", (right, 0))
    fingers.touch("touchEnd")
    phone.wait(f"viewer.window.width > {width} && viewer.index === {index}")
    phone.press("d")  # Scroll again, as the other tests find it


def test_buttons_are_large_enough_for_fingers(phone: Reading) -> None:
    boxes = [box.bounding_box() for box in phone.page.locator(".hv-button:visible").all()]
    small = [box for box in boxes if box and min(box["width"], box["height"]) < 44]
    assert small == []
