"""What belongs to every mark: drafts, saving, conflicts, fingers, and the list beside the picture.

That each tool draws what it should is in `test_tools`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.soundness import inaccessible
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.marks import Marks, Spot
from tests.viewer.browser.reading import Reading

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SPOTS: list[Spot] = [(-90, -70), (70, -50), (85, 60), (-60, 80)]
CHANGES = "**/api/v1/annotations/changes/"
WAKE = "window.dispatchEvent(new Event('online'))"


@pytest.fixture(scope="module")
def opened(desk: Desk, browser: Browser) -> Iterator[Marks]:
    """One page for all tests."""
    context = desk.context(browser)
    reading = Reading(desk.open(context, "marks"))
    reading.wait_for_pictures()
    yield Marks(reading)
    context.close()


@pytest.fixture
def marks(opened: Marks) -> Iterator[Marks]:
    """The page with nothing marked and the picture in focus; no script may complain."""
    opened.clear()
    opened.wait_saved()
    opened.reading.complaints.clear()
    yield opened
    assert opened.reading.complaints == []
    opened.clear()


def test_a_half_drawn_outline_outlives_a_reload(marks: Marks) -> None:
    reading = marks.reading
    reading.press("PageDown", "Shift+P", "Enter", "Enter", *["ArrowRight"] * 5, "Enter")
    marks.wait_kept(2)
    places, index = reading.get("draft.places"), reading.get("index")
    reading.page.reload(wait_until="commit")
    reading.wait_for_pictures()
    reading.wait("viewer.draft?.places.length === 2")
    assert reading.get("draft.places") == places
    expect(reading.page.get_by_text("What you were drawing is here again")).to_be_visible()
    reading.wait(f"viewer.index === {index}")
    reading.stage().focus()
    reading.press("Enter", *["ArrowDown"] * 8, "Enter", "Enter")
    marks.wait_saved(version=1)
    assert [each["tool"] for each in marks.stored()] == ["polygon"]


def test_what_was_drawn_without_the_site_is_sent_later(marks: Marks) -> None:
    reading = marks.reading
    reading.page.route(CHANGES, lambda route: route.abort())
    marks.draw("length", SPOTS[:2])
    expect(reading.page.locator(".hv-save-sign")).to_contain_text("kept on this computer")
    reading.complaints.clear()  # the browser's own word about the line that was cut
    reading.page.reload(wait_until="commit")
    reading.wait_for_pictures()
    reading.wait("viewer.annotations.length === 1")
    reading.page.unroute(CHANGES)
    reading.page.evaluate(WAKE)
    marks.wait_saved()
    assert len(marks.stored()) == 1
    reading.complaints.clear()
    reading.stage().focus()


def test_fingers_draw_and_move_handles(desk: Desk, browser: Browser) -> None:
    context = desk.context(browser, has_touch=True, viewport={"width": 800, "height": 700})
    reading = Reading(desk.open(context, "photo"))
    reading.wait_for_pictures()
    found = Marks(reading)
    found.clear()
    reading.press("Shift+A")
    x, y = reading.middle()
    for right, down in SPOTS[:3]:
        reading.page.touchscreen.tap(x + right, y + down)
    reading.wait("viewer.annotations.length === 1")
    found.wait_saved(version=1)
    _drag_by_finger(found)
    found.wait_saved(version=2)
    found.clear()
    found.wait_saved()
    context.close()


def _drag_by_finger(marks: Marks) -> None:
    """Take the first handle elsewhere; a finger need not meet it exactly."""
    _, (right, down) = marks.grip()
    x, y = marks.reading.middle()
    session = marks.reading.page.context.new_cdp_session(marks.reading.page)
    for kind, way in (("touchStart", 0), ("touchMove", 15), ("touchMove", 40), ("touchEnd", None)):
        points = [] if way is None else [{"x": x + right + 9 + way, "y": y + down + 9}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_the_panel_names_colors_jumps_and_hides(marks: Marks, screenshots: Path) -> None:
    reading, page = marks.reading, marks.reading.page
    marks.draw("rectangle", SPOTS[:2])
    reading.press("Escape", "w", "PageDown", "Shift+K")
    panel = page.get_by_role("complementary", name="Annotations")
    row = panel.get_by_role("listitem").first
    expect(row).to_contain_text("Rectangle")
    row.get_by_role("button").first.click()
    reading.wait("viewer.annotations[0].handles.some(Boolean)")
    panel.get_by_label("Name").fill("Nodule")
    page.keyboard.press("Enter")
    reading.wait("viewer.annotations[0].label === 'Nodule'")
    panel.get_by_label("Pink").check()
    reading.wait("viewer.annotations[0].color === '#ff7ac8'")
    marks.wait_saved()
    reading.settle()
    page.screenshot(path=screenshots / "viewer-annotations.png", caret="initial")
    assert list(inaccessible(page)) == []
    panel.get_by_role("button", name="Hide Nodule").click()
    expect(page.locator(".hv-mark")).to_have_count(0)
    panel.get_by_role("button", name="Hide Nodule").click()
    reading.press("Shift+J")
    assert list(inaccessible(page)) == []
    page.screenshot(path=screenshots / "viewer-draw-menu.png", caret="initial")
    reading.press("Escape")
    reading.stage().focus()
    table = panel.get_by_role("link").get_attribute("href")
    assert "Nodule" in page.evaluate("table => fetch(table).then(found => found.text())", table)


def test_two_windows_of_one_reader_conflict_in_the_open(
    marks: Marks, desk: Desk, screenshots: Path
) -> None:
    reading, page = marks.reading, marks.reading.page
    marks.draw("length", SPOTS[:2])
    marks.wait_saved()
    other = Reading(desk.open(page.context, "marks"))
    other.wait_for_pictures()
    other.wait("viewer.annotations.length === 1")
    page.route(CHANGES, lambda route: route.abort())
    reading.press("Shift+Enter", "ArrowDown", "Escape")
    other.stage().focus()
    other.press("'", "Shift+Enter", "ArrowUp", "Escape")
    other.wait("viewer.annotations[0].version === 2")
    page.unroute(CHANGES)
    page.evaluate(WAKE)
    dialog = page.get_by_role("dialog", name="was changed elsewhere, too")
    expect(dialog).to_be_visible()
    page.bring_to_front()
    assert list(inaccessible(page)) == []
    page.screenshot(path=screenshots / "viewer-conflict.png", caret="initial")
    dialog.get_by_role("button", name="Keep both").click()
    reading.wait("viewer.annotations.length === 2")
    marks.wait_saved()
    assert len(marks.stored()) == 2
    other.page.close()
    reading.complaints.clear()
    reading.stage().focus()
