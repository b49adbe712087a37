"""Planes through a volume: MPR, crosshairs, oblique, slabs, layouts and links."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.viewer.browser.conftest import Read
from tests.viewer.browser.world import DEPTH, HEIGHT, WIDTH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_planes_by_key_and_button(read: Read) -> None:
    reading = read("ct")
    for key, plane, count, letters in (
        ("c", "coronal", HEIGHT, "RLSI"),
        ("s", "sagittal", WIDTH, "APSI"),
        ("a", "axial", DEPTH, "RLAP"),
    ):
        reading.press(key)
        reading.wait(f"viewer.plane === '{plane}' && viewer.count === {count} && viewer.complete")
        reading.settle()
        sides = ("left", "right", "top", "bottom")
        shown = [reading.page.locator(f".hv-side-{side}").inner_text() for side in sides]
        assert "".join(shown) == letters
        assert reading.picture().std() > 10
    reading.button("Slices as stored").click()
    reading.wait("viewer.panes[0].orientation === 'stored'")
    expect(reading.button("Slices as stored")).to_have_attribute("aria-pressed", "true")


def test_mpr_and_a_click_that_moves_all_planes(read: Read) -> None:
    reading = read("ct")
    reading.press("m")
    reading.wait("viewer.panes.length >= 3")
    reading.wait_for_pictures()
    planes = [pane["orientation"] for pane in reading.get("panes")]
    assert {"axial", "coronal", "sagittal"} <= set(planes)
    expect(reading.page.locator(".hv-lines line").first).to_be_attached()
    axial = planes.index("axial")
    others = [planes.index("coronal"), planes.index("sagittal")]
    before = [reading.pane(number)["index"] for number in others]
    reading.press("x")
    reading.point(45, 30, pane=axial)
    reading.page.mouse.down()
    reading.page.mouse.up()
    for number, index in zip(others, before, strict=True):
        reading.wait(f"viewer.panes[{number}].index !== {index}")
    reading.press("Shift+X")
    expect(reading.page.locator(".hv-lines line")).to_have_count(0)


def test_oblique_and_slabs(read: Read) -> None:
    reading = read("ct")
    reading.press("u")
    reading.drag(60, 0)
    reading.wait("viewer.panes[0].orientation === 'oblique'")
    normal = reading.pane()["camera"]["viewPlaneNormal"]
    assert 0.1 < abs(normal[0]) < 0.9
    reading.press("Shift+ArrowDown")
    reading.wait(f"Math.abs(viewer.panes[0].camera.viewPlaneNormal[1] - {normal[1]}) > 0.01")
    reading.press("a")
    reading.wait("viewer.panes[0].orientation === 'axial' && viewer.complete")
    reading.settle()
    thin = reading.picture()
    reading.press("Shift+T")
    reading.page.get_by_role("radio", name="Maximum (MIP)").check()
    reading.press("Shift+T")
    slider = reading.page.get_by_role("slider", name="Thickness")
    slider.fill("60")
    reading.press("Escape")
    reading.wait("viewer.panes[0].slab.mode === 'mip' && viewer.panes[0].slab.thickness === 60")
    reading.wait_for_pictures()
    reading.settle()
    assert "MIP 60 mm" in reading.corner("ne")
    assert reading.picture().mean() > thin.mean() + 5
    reading.press("t")
    reading.wait("viewer.panes[0].slab.mode === 'minip'")
    reading.press("{")
    reading.wait("viewer.panes[0].slab.thickness === 59")


def test_layouts_drawn_as_a_grid_and_one_pane_alone(read: Read) -> None:
    reading = read("ct")
    reading.press("l")
    expect(reading.button("1 row, 1 column")).to_be_focused()
    reading.press("ArrowRight", "ArrowDown", "Enter")
    reading.wait("viewer.panes.length === 4")
    reading.wait_for_pictures()
    assert reading.get("layout") == {"rows": 2, "columns": 2}
    expect(reading.page.locator(".hv-pane:visible")).to_have_count(4)
    reading.press(".")
    expect(reading.page.locator(".hv-pane").nth(1)).to_contain_class("hv-active")
    x, y = reading.middle(2)
    reading.page.mouse.dblclick(x, y)
    expect(reading.page.locator(".hv-pane:visible")).to_have_count(1)
    reading.press("Escape")
    expect(reading.page.locator(".hv-pane:visible")).to_have_count(4)
    reading.button("Layout").click()
    reading.button("1 row, 1 column").click()
    reading.wait("viewer.panes.length === 1")


def test_images_dragged_into_panes_and_linked(read: Read) -> None:
    reading = read("two")
    reading.press("l", "ArrowRight", "Enter")
    reading.wait("viewer.panes.length === 2")
    images = reading.page.get_by_role("navigation", name="Images").get_by_role("button")
    expect(images).to_have_count(2)
    images.nth(1).drag_to(reading.stage(1))
    reading.wait(f"viewer.panes[1].count === {DEPTH // 2} && viewer.panes[1].complete")
    reading.press("Shift+Y")
    for name in ("Scrolling", "Zoom", "Moving", "Window"):
        reading.page.get_by_role("checkbox", name=name).check()
    reading.press("Escape")
    before = reading.get("panes")
    reading.point(pane=1)
    reading.page.mouse.wheel(0, 100)
    reading.wait(f"viewer.panes[1].index === {before[1]['index'] + 1}")
    reading.wait(f"viewer.panes[0].index !== {before[0]['index']}")
    reading.press("i", "w")
    reading.drag(50, 0, pane=1)
    reading.wait(f"viewer.panes[0].window.width !== {before[0]['window']['width']}")
    reading.press("+")
    scales = [pane["camera"]["parallelScale"] for pane in before]
    reading.wait(f"viewer.panes[0].camera.parallelScale < {scales[0]}")
    reading.wait(f"viewer.panes[1].camera.parallelScale < {scales[1]}")
    drawn = [np.asarray(reading.picture(number)).std() for number in (0, 1)]
    assert min(drawn) > 10
