"""Hanging protocols: a case opens by one, readers rearrange, an editor changes it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import SimpleITK
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.data import DATA
from tests.e2e.soundness import inaccessible
from tests.viewer.browser import heads
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.reading import Reading

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 800}
SAVE = "Save"
sitk: Any = SimpleITK

Open = Callable[[str], Reading]


@pytest.fixture(scope="module")
def editors(desk: Desk, browser: Browser) -> Iterator[BrowserContext]:
    """The browser of the archives' editor."""
    made = desk.context(browser, viewport=WIDE)
    made.clear_cookies()
    name = desk.places["editor_cookie"]
    from django.conf import settings

    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": name, "url": desk.address("")}
    made.add_cookies([cookie])  # type: ignore[list-item]
    yield made
    made.close()


@pytest.fixture(scope="module")
def case(desk: Desk, editors: BrowserContext) -> Iterator[Open]:
    """``case("prostate1")``: a case opened by the editor, complete; one page for each."""
    opened: dict[str, Reading] = {}

    def open_at(place: str) -> Reading:
        if place not in opened:
            opened[place] = Reading(desk.open(editors, place))
            opened[place].wait_for_pictures()
        return opened[place]

    yield open_at
    for reading in opened.values():
        reading.page.close()


def begun(reading: Reading) -> Iterator[Reading]:
    """Begin as the protocol says, whatever an earlier test left; no script may complain."""
    reading.complaints.clear()
    reading.page.set_viewport_size(WIDE)
    usual(reading)
    yield reading
    assert reading.complaints == []


@pytest.fixture
def prostate(case: Open) -> Iterator[Reading]:
    """Three sequences and a segmentation that are drawn."""
    yield from begun(case("prostate1"))


@pytest.fixture
def head(case: Open) -> Iterator[Reading]:
    """Three sequences and a segmentation of real heads."""
    yield from begun(case("head"))


@pytest.fixture
def either(desk: Desk, case: Open) -> Iterator[Reading]:
    """The real case, where there is one."""
    yield from begun(case("head" if "head" in desk.places else "prostate1"))


def picture(page: Page, name: str) -> None:
    """Keep a screenshot where HOUNSFIELD_SCREENSHOTS says, if it says."""
    folder = os.environ.get("HOUNSFIELD_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"hanging-{name}.png"))


def violations(page: Page) -> list[str]:
    return list(inaccessible(page))


def names(reading: Reading) -> list[str]:
    return [place["name"] for place in reading.get("hanging.places")]


def boxes(reading: Reading) -> list[Any]:
    return [place["box"] for place in reading.get("hanging.places")]


def images(reading: Reading) -> list[str | None]:
    return [pane["image"] for pane in reading.get("panes")]


def usual(reading: Reading) -> None:
    reading.press("Escape")
    close = reading.button("Close the panel")
    if close.is_visible():
        close.click()
    reading.stage(0).focus()
    reading.press("l")
    reading.button("As the hanging protocol says").click()
    reading.wait("viewer.hanging && viewer.hanging.protocol !== '' && viewer.panes.length > 3")
    reading.wait_for_pictures()


def offered(desk: Desk, page: Page, place: str) -> list[dict[str, Any]]:
    """The protocol that a case opens by from now on, as its page says."""
    text = page.request.get(desk.address(place)).text()
    said = text.split('id="viewer-arrangement" type="application/json">')[1].split("</script>")[0]
    found: list[dict[str, Any]] = json.loads(said)["protocols"][0]["json"]
    return found


def test_three_sequences_with_a_segmentation_open_as_they_hang(prostate: Reading) -> None:
    page = prostate.page
    assert names(prostate) == ["main", "secondary", "tertiary", "map"]
    assert images(prostate) == ["T2", "ADC", "DWI", "T2"]
    panes = prostate.get("panes")
    assert [pane["overlays"]["layers"] for pane in panes[:3]] == [["LESIONS"], [], []]
    assert panes[1]["orientation"] == "coronal"
    assert panes[2]["index"] == 10
    drawn = [one.bounding_box() for one in page.locator(".hv-pane").all()]
    main, adc, dwi, small = [box for box in drawn if box is not None]
    assert abs(main["width"] - 2 * adc["width"]) < 3
    assert abs(main["height"] - 2 * dwi["height"]) < 3
    assert small["y"] + small["height"] <= main["y"] + main["height"] + 2
    assert "T2" in prostate.corner("nw")
    assert page.locator(".hv-pane").nth(1).locator(".hv-lines line").count() == 1
    assert page.locator(".hv-frame").count() == 1
    picture(page, "opened")
    assert violations(page) == []


@pytest.mark.data
def test_a_real_case_opens_as_it_hangs(head: Reading) -> None:
    page = head.page
    assert names(head)[:4] == ["main", "secondary", "tertiary", "quaternary"]
    panes = head.get("panes")
    assert [pane["overlays"]["layers"] for pane in panes[:4]] == [["TISSUE"], ["TISSUE"], [], []]
    assert [pane["orientation"] for pane in panes[:4]] == ["stored", "axial", "stored", "stored"]
    counts = {"t1": 35, "epi": 24, "fmri": 15}
    assert [panes[n]["count"] for n in (0, 2, 3)] == list(counts.values())
    assert panes[3]["index"] == 11  # three quarters of 14 steps, rounded up
    assert images(head)[4:6] == [None, None]
    values = page.locator(".hv-chart-words")
    expect(values.nth(4)).to_contain_text("over 10 time points")
    chart = page.get_by_role("region", name="Motion")
    expect(chart.locator(".chart svg")).to_be_visible()
    picture(page, "head")
    assert violations(page) == []


@pytest.mark.data
@pytest.mark.parametrize(("number", "slug"), [(0, "t1"), (1, "t1"), (2, "epi")])
def test_a_real_case_shows_the_values_of_its_files(head: Reading, number: int, slug: str) -> None:
    assert DATA is not None
    source = DATA / heads.SOURCES[slug]
    file = heads.series(source) if source.is_dir() else sitk.ReadImage(str(source))
    seen = head.page.evaluate(
        """number => {
            const viewer = window.hounsfieldViewer;
            const [x, y] = viewer.project(number, viewer.panes[number].camera.focalPoint);
            return [-20, 0, 20].map(step => viewer.probe(number, x + step, y + step / 2));
        }""",
        number,
    )
    for reading in seen:
        expected = file.EvaluateAtPhysicalPoint(reading["world"], sitk.sitkLinear)
        assert reading["exact"]
        assert reading["value"][0] == pytest.approx(expected, abs=0.01)


def test_the_map_follows_its_parent(prostate: Reading) -> None:
    prostate.stage(0).focus()
    prostate.press("ArrowDown", "ArrowDown")
    prostate.wait("viewer.panes[0].index === viewer.panes[3].index")
    before = prostate.page.locator(".hv-frame").get_attribute("points")
    prostate.press("+", "+", "+")
    prostate.settle()
    assert prostate.page.locator(".hv-frame").get_attribute("points") != before
    assert prostate.pane(3)["zoom"] == 1


def test_what_the_reader_rearranges_is_there_in_the_next_case(
    prostate: Reading, desk: Desk, editors: BrowserContext
) -> None:
    before = boxes(prostate)
    prostate.stage(0).focus()
    with prostate.page.expect_response(
        lambda answer: answer.url.endswith("/layout/") and answer.request.method == "PUT"
    ):
        prostate.press("Shift+L")
    prostate.wait("viewer.hanging.places[1].box[2] > 0.6")
    after = boxes(prostate)
    assert after == [before[1], before[0], *before[2:]]
    following = Reading(desk.open(editors, "prostate2"))
    following.wait_for_pictures()
    assert boxes(following) == after
    usual(following)
    assert boxes(following) == before
    following.page.close()
    assert following.complaints == []


def test_an_alternative_and_a_grid_are_a_choice_away(prostate: Reading) -> None:
    prostate.press("l")
    prostate.page.get_by_role("radio", name="T2 alone").check()
    prostate.wait("viewer.panes.length === 1 && viewer.hanging !== null")
    prostate.press("Escape", "l")
    prostate.button("1 row, 2 columns").click()
    prostate.wait("viewer.panes.length === 2 && viewer.hanging === null")


def test_an_editor_changes_it_without_a_reload(either: Reading, desk: Desk) -> None:
    page = either.page
    page.evaluate("window.stays = true")
    either.press("l")
    either.button("Change how all cases hang …").click()
    panel = page.get_by_role("complementary", name="Hanging protocol")
    box = panel.get_by_role("button", name="tertiary: column 3, row 2")
    box.focus()
    either.press("ArrowDown")
    either.wait("viewer.hanging.protocol === '' && viewer.hanging.places[2].box[1] > 0.6")
    either.press("ArrowUp")
    label = panel.get_by_label("Label")
    label.fill("B 1400")
    label.press("Tab")
    either.wait("viewer.hanging.places[2].label === 'B 1400'")
    picture(page, "editor")
    assert violations(page) == []
    panel.get_by_role("button", name=SAVE, exact=True).click()
    expect(panel.get_by_text("Saved. Cases open this way from now on.")).to_be_visible()
    assert page.evaluate("window.stays")
    either.wait_for_pictures()
    place = page.url.partition(str(desk.port))[2]
    assert offered(desk, page, place)[2]["label"] == "B 1400"


def test_a_phone_shows_it_and_axe_has_nothing_to_say(either: Reading) -> None:
    either.page.set_viewport_size(PHONE)
    either.settle()
    picture(either.page, "phone")
    assert violations(either.page) == []


def test_a_protocol_is_drawn_with_keys_alone(desk: Desk, editors: BrowserContext) -> None:
    page = desk.open(editors, "/view/protocols/new/")
    page.get_by_label("Title").fill("Drawn")
    page.get_by_role("button", name="Add viewport").press("Enter")
    box = page.get_by_role("button", name="secondary: column 2, row 1")
    box.focus()
    for key in ("Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.get_by_role("textbox", name="Viewports")).to_have_value(
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
