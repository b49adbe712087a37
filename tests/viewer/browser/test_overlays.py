"""Segmentations and heat maps over a picture, and what is told of the image."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.viewer.browser.conftest import Read

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


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
