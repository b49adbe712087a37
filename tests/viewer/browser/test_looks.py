"""Window, colors, interpolation, zoom and position."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.viewer.browser.conftest import Read
from tests.viewer.browser.reading import Picture, Reading

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def center_of(picture: Picture, *, side: int = 60) -> Picture:
    """The middle of a picture, where nothing is written."""
    height, width = picture.shape[:2]
    y, x = height // 2, width // 2
    return picture[y - side : y + side, x - side : x + side]


def letters(reading: Reading) -> str:
    sides = ("left", "right", "top", "bottom")
    return "".join(reading.page.locator(f".hv-side-{side}").inner_text() for side in sides)


def test_windows_by_menu_number_typing_and_drag(read: Read) -> None:
    reading = read("ct")
    reading.button("Window").click()
    reading.page.get_by_role("radio", name="Bone").check()
    reading.wait("viewer.window.center === 500 && viewer.window.width === 2000")
    expect(reading.button("Window")).to_have_text("Bone")
    reading.press("Escape", "2")
    reading.wait("viewer.window.center === -600 && viewer.window.width === 1500")
    reading.press("v")
    panel = reading.page.get_by_role("dialog", name="Window")
    panel.get_by_label("Width").fill("300")
    panel.get_by_label("Level").fill("-25")
    panel.get_by_label("Level").press("Tab")
    reading.wait("viewer.window.center === -25 && viewer.window.width === 300")
    reading.press("Escape")
    reading.drag(60, 30)
    reading.wait("viewer.window.width > 300 && viewer.window.center > -25")
    assert reading.get("panes[0].window") == reading.get("window")


def test_percentiles_and_inversion_change_what_is_seen(read: Read) -> None:
    reading = read("time")
    reading.press("v")
    reading.page.get_by_role("radio", name="1–99 percent").check()
    reading.wait("viewer.window.width > 100 && viewer.window.width < 900")
    reading.press("Escape")
    before = center_of(reading.picture())
    reading.press("i")
    reading.wait("viewer.inverted")
    reading.settle()
    after = center_of(reading.picture())
    assert np.abs(before + after - 255).mean() < 8
    assert "Inverted" in reading.corner("ne")


def test_color_maps_and_pixels_as_they_are(read: Read) -> None:
    reading = read("ct")
    reading.press("k")
    reading.page.get_by_role("radio", name="Hot iron").check()
    reading.wait("viewer.panes[0].colorMap === 'hot-iron'")
    reading.settle()
    colored = center_of(reading.picture())
    assert (colored.max(axis=-1) - colored.min(axis=-1)).max() > 60
    reading.press("k")
    reading.page.get_by_role("radio", name="Pixels as they are").check()
    reading.wait("viewer.panes[0].interpolation === 'nearest'")
    reading.press("n")
    reading.wait("viewer.panes[0].interpolation === 'linear'")


def test_real_numbers_are_seen_and_read(read: Read) -> None:
    reading = read("floats")
    assert 0 < reading.get("window.width") < 0.01
    for key, plane in (("c", "coronal"), ("a", "axial")):
        assert center_of(reading.picture()).std() > 10
        reading.press(key)
        reading.wait(f"viewer.plane === '{plane}' && viewer.complete")
        reading.settle()
    reading.point(10, 10)
    reading.wait("viewer.cursor && viewer.cursor.exact")
    assert 0 < abs(reading.get("cursor.value[0]")) < 0.01


def test_a_color_picture_has_no_window(read: Read) -> None:
    reading = read("photo")
    picture = center_of(reading.picture())
    assert (picture.max(axis=-1) - picture.min(axis=-1)).max() > 60
    assert letters(reading) == ""
    assert "W " not in reading.corner("ne")
    reading.press("v")
    dialog = reading.page.get_by_role("dialog", name="Window")
    expect(dialog).to_contain_text("without a window")


def test_zoom_keeps_what_is_under_the_mouse(read: Read) -> None:
    reading = read("ct")
    box = reading.stage().bounding_box()
    assert box is not None
    x, y = box["width"] / 2 + 80, box["height"] / 2 - 60
    before = reading.get(f"probe(0, {x}, {y}).world")
    reading.point(80, -60)
    reading.page.keyboard.down("Control")
    reading.page.mouse.wheel(0, -300)
    reading.page.keyboard.up("Control")
    reading.wait("viewer.zoom > 1.5")
    reading.settle()
    after = reading.get(f"probe(0, {x}, {y}).world")
    assert np.allclose(before, after, atol=0.6), "further than a pixel of the mouse"
    reading.press("f")
    reading.wait("viewer.zoom === 1")


def test_moving_turning_mirroring_and_back(read: Read) -> None:
    reading = read("ct")
    start = reading.pane()["camera"]
    reading.drag(50, 20, button="middle")
    reading.wait(f"viewer.panes[0].camera.focalPoint[0] !== {start['focalPoint'][0]}")
    reading.press("0")
    reading.wait("viewer.zoom !== 1")
    assert letters(reading) == "RLAP"
    reading.press("h")
    reading.settle()
    assert letters(reading) == "LRAP"
    reading.press("h", "j")
    reading.settle()
    assert letters(reading) == "RLPA"
    reading.press("j", "e")
    reading.settle()
    assert letters(reading) == "PARL"
    assert "Turned 90°" in reading.corner("ne")
    reading.press("r")
    reading.wait("viewer.zoom === 1")
    reading.settle()
    assert letters(reading) == "RLAP"
    assert np.allclose(reading.pane()["camera"]["focalPoint"], start["focalPoint"], atol=1e-3)


def test_the_value_under_the_mouse(read: Read) -> None:
    reading = read("ct")
    reading.point(-40, 25)
    reading.wait("viewer.cursor && viewer.cursor.exact")
    cursor = reading.get("cursor")
    shown = reading.corner("se")
    assert shown.startswith(f"{cursor['value'][0]} HU".replace("-", "−")), shown
    assert f"Voxel {', '.join(str(round(part)) for part in cursor['voxel'])}" in shown
