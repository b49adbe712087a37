"""Images over time, and films of slices."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.viewer.browser.conftest import Read
from tests.viewer.browser.world import TIMES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_time_points_by_slider_key_and_wheel(read: Read) -> None:
    reading = read("time")
    reading.press("]")
    reading.wait("viewer.timepoint === 1 && viewer.complete")
    assert "Time 2 / 6" in reading.corner("sw")
    slider = reading.page.get_by_role("slider", name="Time point")
    slider.focus()
    reading.press("End")
    reading.wait(f"viewer.timepoint === {TIMES - 1} && viewer.complete")
    large = reading.picture().mean()
    reading.press("Home")
    reading.wait("viewer.timepoint === 0 && viewer.complete")
    reading.settle()
    assert reading.picture().mean() < large
    reading.point()
    reading.page.keyboard.down("Shift")
    reading.page.mouse.wheel(0, 100)
    reading.page.keyboard.up("Shift")
    reading.wait("viewer.timepoint === 1")


def test_a_film_runs_faster_slower_and_stops(read: Read) -> None:
    reading = read("time")
    reading.press(" ")
    reading.wait("viewer.panes[0].cine.playing && viewer.timepoint > 1")
    fps = reading.pane()["cine"]["fps"]
    reading.press(">")
    reading.wait(f"viewer.panes[0].cine.fps > {fps}")
    reading.press("<", "<")
    reading.wait(f"viewer.panes[0].cine.fps < {fps}")
    stop = reading.page.get_by_role("group", name="Time and cine").get_by_role("button")
    expect(stop).to_have_accessible_name("Stop")
    stop.click()
    reading.wait("!viewer.panes[0].cine.playing")


def test_slices_play_too(read: Read) -> None:
    reading = read("ct")
    index = reading.get("index")
    reading.button("Cine").click()
    menu = reading.page.get_by_role("dialog", name="Cine")
    menu.get_by_role("button", name="Play").click()
    reading.wait(f"viewer.panes[0].cine.playing && viewer.index !== {index}")
    menu.get_by_role("button", name="Stop").click()
    reading.wait("!viewer.panes[0].cine.playing")
