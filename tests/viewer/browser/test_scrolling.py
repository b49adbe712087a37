"""Scrolling through slices, by everything that scrolls."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.viewer.browser.conftest import Read
from tests.viewer.browser.world import DEPTH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MIDDLE = DEPTH // 2


def test_opens_in_the_middle_and_tells_what_it_shows(read: Read) -> None:
    reading = read("ct")
    pane = reading.pane()
    assert (pane["index"], pane["count"]) == (MIDDLE, DEPTH)
    assert pane["window"] == {"center": 40, "width": 400}
    assert f"{MIDDLE + 1} / {DEPTH}" in reading.corner("sw")
    assert "W 400 L 40" in reading.corner("ne")
    assert "CT" in reading.corner("nw")
    letters = [
        reading.page.locator(f".hv-side-{side}").inner_text()
        for side in ("left", "right", "top", "bottom")
    ]
    assert letters == ["R", "L", "A", "P"]
    expect(reading.page.locator(".hv-scale")).to_have_text("5 cm")


def test_wheel_keys_drag_and_slider_scroll(read: Read) -> None:
    reading = read("ct")
    reading.point()
    reading.page.mouse.wheel(0, 100)
    reading.wait(f"viewer.index === {MIDDLE + 1}")
    reading.page.mouse.wheel(0, -100)
    reading.wait(f"viewer.index === {MIDDLE}")
    for key, index in (
        ("ArrowDown", MIDDLE + 1),
        ("ArrowUp", MIDDLE),
        ("PageDown", MIDDLE + 10),
        ("Home", 0),
        ("ArrowUp", 0),
        ("End", DEPTH - 1),
    ):
        reading.press(key)
        reading.wait(f"viewer.index === {index}")
    reading.press("Home", "d")
    reading.drag(0, 200)
    reading.wait("viewer.index > 5")
    slider = reading.page.get_by_role("slider", name="Slice")
    slider.focus()
    reading.press("End")
    reading.wait(f"viewer.index === {DEPTH - 1} && viewer.complete")
    expect(slider).to_have_attribute("aria-valuetext", f"{DEPTH} of {DEPTH}")
    expect(
        reading.page.get_by_role("status").filter(has_text=f"{DEPTH} of {DEPTH}")
    ).to_be_attached()
