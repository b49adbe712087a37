"""Segmentations and heat maps over a picture, and what is told of the image."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from app.images.phantom import generate
from tests.viewer.browser.conftest import Read
from tests.viewer.browser.reading import Reading
from tests.viewer.browser.world import DEPTH, HEIGHT, WIDTH

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
COLORFUL = 30


def colored(reading: Reading) -> int:
    """Pixels of color around the middle, where no text is written."""
    picture = reading.picture()
    height, width = picture.shape[:2]
    part = picture[height // 5 : -height // 5, width // 4 : -width // 4]
    return int(((part.max(axis=-1) - part.min(axis=-1)) > COLORFUL).sum())


def go_to_a_nodule(reading: Reading) -> None:
    """Show the slice with the most of the segmentation."""
    truth = generate(seed=3, shape=(DEPTH, HEIGHT, WIDTH), nodules=3).truth
    index = int((truth > 0).sum(axis=(1, 2)).argmax())
    reading.page.evaluate(f"window.hounsfieldViewer.goTo('axial', {index})")
    reading.settle()


def test_overlays_are_shown_faded_hidden_and_switched_by_segment(read: Read) -> None:
    reading = read("overlays")
    panel = reading.page.get_by_role("complementary", name="Overlays")
    expect(panel).to_be_visible()
    go_to_a_nodule(reading)
    assert colored(reading) > 0
    panel.get_by_role("checkbox", name="Likelihood").uncheck()
    reading.settle()
    assert colored(reading) > 0
    panel.get_by_role("button", name="No segment of Segmentation").click()
    reading.settle()
    assert colored(reading) == 0
    segments = panel.get_by_role("list", name="Segments of Segmentation")
    for box in segments.get_by_role("checkbox").all():
        expect(box).not_to_be_checked()
        box.check()
    reading.settle()
    assert colored(reading) > 0
    panel.get_by_role("button", name="No segment of Segmentation").click()
    reading.settle()
    plain = reading.picture()
    panel.get_by_role("checkbox", name="Likelihood").check()
    reading.settle()
    heat = colored(reading)
    assert heat > 0
    changed = np.abs(reading.picture() - plain).max(axis=-1) > 0
    assert changed.mean() < 0.5, "a heat map is transparent where it says nothing"
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
