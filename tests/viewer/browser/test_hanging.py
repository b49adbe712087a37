"""Hanging protocols: a case opens by one, readers rearrange, an editor changes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.soundness import inaccessible
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.reading import Reading

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
WIDE = {"width": 1440, "height": 900}
SAVE = "Save"

Open = Callable[[str], Reading]


@pytest.fixture(scope="module")
def editors(desk: Desk, browser: Browser) -> Iterator[BrowserContext]:
    """The browser of the archive's editor."""
    made = desk.context(browser, viewport=WIDE)
    made.clear_cookies()
    name = desk.places["editor_cookie"]
    from django.conf import settings

    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": name, "url": desk.address("")}
    made.add_cookies([cookie])  # type: ignore[list-item]
    yield made
    made.close()


@pytest.fixture
def case(desk: Desk, editors: BrowserContext) -> Iterator[Open]:
    """``case("prostate1")``: a case opened by the editor, complete."""
    opened: list[Reading] = []

    def open_at(place: str) -> Reading:
        reading = Reading(desk.open(editors, place))
        opened.append(reading)
        reading.wait_for_pictures()
        return reading

    yield open_at
    for reading in opened:
        reading.page.close()
        assert reading.complaints == []


def picture(page: Page, name: str) -> None:
    """Keep a screenshot where HOUNSFIELD_SCREENSHOTS says, if it says."""
    folder = os.environ.get("HOUNSFIELD_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"hanging-{name}.png"))


def violations(page: Page) -> list[str]:
    return list(inaccessible(page))


def names(reading: Reading) -> list[str]:
    return [place["name"] for place in reading.get("hanging.places")]


def images(reading: Reading) -> list[str | None]:
    return [pane["image"] for pane in reading.get("panes")]


def usual(reading: Reading) -> None:
    """Begin as the protocol says, whatever an earlier test left."""
    reading.press("l")
    reading.button("As the hanging protocol says").click()
    reading.wait("viewer.hanging && viewer.panes.length === 4")
    reading.wait_for_pictures()


def test_three_sequences_with_a_segmentation_open_as_they_hang(case: Open) -> None:
    reading = case("prostate1")
    usual(reading)
    assert names(reading) == ["main", "secondary", "tertiary", "map"]
    assert images(reading) == ["T2", "ADC", "DWI", "T2"]
    panes = reading.get("panes")
    assert [pane["overlays"]["layers"] for pane in panes[:3]] == [["LESIONS"], [], []]
    assert panes[1]["orientation"] == "coronal"
    assert panes[2]["index"] == 10
    boxes = [one.bounding_box() for one in reading.page.locator(".hv-pane").all()]
    main, adc, dwi, small = [box for box in boxes if box is not None]
    assert abs(main["width"] - 2 * adc["width"]) < 3
    assert abs(main["height"] - 2 * dwi["height"]) < 3
    assert small["y"] + small["height"] <= main["y"] + main["height"] + 2
    assert "T2" in reading.corner("nw")
    assert reading.page.locator(".hv-pane").nth(1).locator(".hv-lines line").count() == 1
    assert reading.page.locator(".hv-frame").count() == 1
    picture(reading.page, "opened")
    assert violations(reading.page) == []


def test_the_map_follows_its_parent(case: Open) -> None:
    reading = case("prostate1")
    usual(reading)
    reading.stage(0).focus()
    reading.press("ArrowDown", "ArrowDown")
    reading.wait("viewer.panes[0].index === viewer.panes[3].index")
    before = reading.page.locator(".hv-frame").get_attribute("points")
    reading.press("+", "+", "+")
    reading.settle()
    assert reading.page.locator(".hv-frame").get_attribute("points") != before
    assert reading.pane(3)["zoom"] == 1


def test_what_the_reader_rearranges_is_there_in_the_next_case(case: Open) -> None:
    reading = case("prostate1")
    usual(reading)
    before = reading.get("hanging.places")
    reading.stage(0).focus()
    with reading.page.expect_response(lambda answer: answer.url.endswith("/layout/")):
        reading.press("Shift+L")
    reading.wait("viewer.hanging.places[1].box[2] > 0.6")
    after = reading.get("hanging.places")
    assert after[0]["box"] == before[1]["box"]
    assert after[1]["box"] == before[0]["box"]
    following = case("prostate2")
    assert following.get("hanging.places") == after
    usual(following)
    assert following.get("hanging.places") == before


def test_an_alternative_and_a_grid_are_a_choice_away(case: Open) -> None:
    reading = case("prostate1")
    usual(reading)
    reading.press("l")
    reading.page.get_by_role("radio", name="T2 alone").check()
    reading.wait("viewer.panes.length === 1 && viewer.hanging !== null")
    reading.press("Escape", "l")
    reading.button("1 row, 2 columns").click()
    reading.wait("viewer.panes.length === 2 && viewer.hanging === null")
    usual(reading)


def test_an_editor_changes_it_without_a_reload(case: Open) -> None:
    reading = case("prostate1")
    usual(reading)
    page = reading.page
    page.evaluate("window.stays = true")
    reading.press("l")
    reading.button("Change how all cases hang …").click()
    panel = page.get_by_role("complementary", name="Hanging protocol")
    box = panel.get_by_role("button", name="tertiary: column 3, row 2")
    box.focus()
    reading.press("ArrowDown")
    reading.wait("viewer.hanging.protocol === '' && viewer.hanging.places[2].box[1] > 0.6")
    reading.press("ArrowUp")
    panel.get_by_label("Label").fill("B 1400")
    panel.get_by_label("Label").press("Tab")
    reading.wait("viewer.hanging.places[2].label === 'B 1400'")
    picture(page, "editor")
    assert violations(page) == []
    panel.get_by_role("button", name=SAVE, exact=True).click()
    expect(panel.get_by_text("Saved. Cases open this way from now on.")).to_be_visible()
    assert page.evaluate("window.stays")
    reading.wait_for_pictures()
    other = case("prostate2")
    assert other.get("hanging.places")[2]["label"] == "B 1400"


def test_a_phone_shows_it_and_axe_has_nothing_to_say(desk: Desk, case: Open) -> None:
    reading = case("prostate1")
    reading.page.set_viewport_size({"width": 390, "height": 800})
    reading.settle()
    picture(reading.page, "phone")
    assert violations(reading.page) == []


def test_a_protocol_is_drawn_with_keys_alone(desk: Desk, editors: BrowserContext) -> None:
    page = desk.open(editors, "/view/protocols/new/")
    page.get_by_label("Title").fill("Drawn")
    page.get_by_role("button", name="Add viewport").press("Enter")
    box = page.get_by_role("button", name="secondary: column 2, row 1")
    box.focus()
    for key in ("Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.get_by_label("Viewports", exact=True)).to_have_value(
        '[\n  {"viewport_name":"main","x":0,"y":0,"w":1,"h":1},\n'
        '  {"viewport_name":"secondary","x":1,"y":0,"w":2,"h":2}\n]'
    )
    picture(page, "new")
    assert violations(page) == []
    page.get_by_role("button", name=SAVE, exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Drawn")).to_be_visible()
    picture(page, "protocol")
    assert violations(page) == []
    page.close()
