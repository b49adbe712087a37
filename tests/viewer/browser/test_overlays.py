"""Segmentations and heat maps over a picture, and what is told of the image."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.viewer.browser.conftest import Read
from tests.viewer.browser.reading import Reading
from tests.viewer.browser.world import DEPTH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
COLORFUL = 30


def colored(reading: Reading) -> int:
    """Pixels of color around the middle, where no text is written."""
    picture = reading.picture()
    height, width = picture.shape[:2]
    part = picture[height // 5 : -height // 5, width // 4 : -width // 4]
    return int(((part.max(axis=-1) - part.min(axis=-1)) > COLORFUL).sum())


def find_color(reading: Reading) -> int:
    """Go to the first slice, of every fifth, on which an overlay colors something."""
    for index in range(2, DEPTH, 5):
        reading.page.evaluate(f"window.hounsfieldViewer.goTo('axial', {index})")
        reading.settle()
        if found := colored(reading):
            return found
    return 0


def test_overlays_are_shown_faded_hidden_and_switched_by_segment(read: Read) -> None:
    reading = read("overlays")
    panel = reading.page.get_by_role("complementary", name="Overlays")
    expect(panel).to_be_visible()
    assert find_color(reading) > 0
    panel.get_by_role("checkbox", name="Likelihood").uncheck()
    reading.settle()
    panel.get_by_role("button", name="No segment of Segmentation").click()
    reading.settle()
    assert colored(reading) == 0
    panel.get_by_role("checkbox", name="Likelihood").check()
    reading.settle()
    heat = colored(reading)
    assert heat > 0
    panel.get_by_role("slider", name="Show from").fill("0.8")
    reading.settle()
    assert colored(reading) < heat
    panel.get_by_role("combobox", name="Colors").select_option("Viridis")
    panel.get_by_role("slider", name="Opacity", exact=True).fill("0.1")
    reading.press("o")
    reading.settle()
    assert colored(reading) == 0
    expect(panel.get_by_role("checkbox", name="Show overlays")).not_to_be_checked()


def test_the_information_names_no_one(read: Read) -> None:
    reading = read("ct")
    reading.press("Shift+I")
    panel = reading.page.get_by_role("complementary", name="Information")
    text = panel.inner_text()
    for said in (
        "CT",
        "96 × 96 × 40 voxels",
        "int16",
        "HU",
        "mm",
        "Width 400, level 40",
        "21 of 40",
    ):
        assert said in text, said
    assert "Thorax" not in text
    panel.get_by_role("button", name="Close the panel").click()
    expect(panel).to_be_hidden()
    expect(reading.stage()).to_be_focused()


def test_an_image_without_overlays_says_so(read: Read) -> None:
    reading = read("ct")
    reading.press("Shift+O")
    panel = reading.page.get_by_role("complementary", name="Overlays")
    expect(panel).to_contain_text("This image has no overlays")
