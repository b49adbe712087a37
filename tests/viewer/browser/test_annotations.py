"""Every drawing tool by a real mouse and by real keys: what is drawn is what the site keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.soundness import inaccessible
from tests.viewer.browser.conftest import Read
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.reading import Reading

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WITHIN = 0.01  # mm
#: The half-drawn marks in the browser's storage.
KEPT = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open('hounsfield-annotations');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const rows = opening.result.transaction('drafts').objectStore('drafts').getAll();
    rows.onsuccess = () => resolve(rows.result.filter(draft => draft.places.length === 2));
  };
})"""
Place = tuple[float, float]
#: Places relative to the middle of the pane, in CSS pixels.
PLACES: list[Place] = [(-90, -70), (70, -50), (85, 60), (-60, 80)]
OBLIQUE = {"normal": [0.3, -0.5, 0.81], "up": [0.1, -1, 0.2]}
#: tool: key, kind, places, whether places are drawn by a drag and not by clicks
TOOLS: dict[str, tuple[str, str, int, bool]] = {
    "length": ("!", "DIST", 2, True),
    "bidirectional": ("Shift+B", "MDIS", 2, True),
    "angle": ("Shift+A", "3ANG", 3, False),
    "cobb": ("Shift+C", "ANGL", 4, False),
    "rectangle": ("Shift+R", "2DBB", 2, True),
    "ellipse": ("Shift+G", "ELLI", 2, True),
    "circle": ("Shift+Q", "ELLI", 2, True),
    "polygon": ("Shift+P", "POLY", 4, False),
    "spline": ("Shift+S", "POLY", 4, False),
    "freehand": ("Shift+H", "POLY", 4, True),
    "line": ("Shift+N", "LINE", 3, False),
    "arrow": ("Shift+W", "LINE", 2, True),
    "point": ("Shift+D", "POIN", 1, False),
    "probe": ("Shift+V", "POIN", 1, False),
    "multi-point": ("Shift+M", "MPOI", 3, False),
    "point-3d": ("Shift+U", "POIN", 1, False),
    "box-3d": ("Shift+Z", "M2DB", 2, True),
}
OPEN_ENDED = {"polygon", "spline", "line", "multi-point"}
#: Their corners or axes lie around what was drawn, not on it.
AROUND = {"ellipse", "box-3d"}


class Marks:
    """The annotations of a reading, here and with the site."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def all(self) -> list[dict[str, Any]]:
        return list(self.reading.get("annotations"))

    def only(self) -> dict[str, Any]:
        (one,) = self.all()
        return one

    def wait_saved(self) -> None:
        self.reading.wait("viewer.annotations.every(each => each.saving === 'saved')")

    def stored(self) -> list[dict[str, Any]]:
        """What the site tells."""
        script = """async () => {
          const {source, object} = document.getElementById('viewer').dataset;
          const query = new URLSearchParams({source, object, limit: '500'});
          return (await (await fetch('/api/v1/annotations/?' + query)).json()).results;
        }"""
        return list(self.reading.page.evaluate(script))

    def worlds(self, places: list[Place]) -> list[np.ndarray[Any, Any]]:
        """What lies under places of the pane."""
        box = self.reading.stage().bounding_box()
        assert box is not None
        x, y = box["width"] / 2, box["height"] / 2
        return [
            np.array(self.reading.get(f"probe(0, {x + right}, {y + down}).world"))
            for right, down in places
        ]

    def draw(self, tool: str, places: list[Place]) -> None:
        """Draw with the mouse as a reader would."""
        key, _, _, drag = TOOLS[tool]
        reading, mouse = self.reading, self.reading.page.mouse
        reading.press(key)
        if drag:
            reading.point(*places[0])
            mouse.down()
            for place in places[1:]:
                reading.point(*place)
            mouse.up()
            return
        for place in places:
            reading.point(*place)
            mouse.down()
            mouse.up()
        if tool in OPEN_ENDED:
            mouse.down()
            mouse.up()

    def clear(self) -> None:
        for one in self.all():
            self.reading.press("'")
            assert one
            self.reading.press("Delete")
        self.reading.wait("viewer.annotations.length === 0")


def points_in(value: Any) -> list[np.ndarray[Any, Any]]:
    if (
        isinstance(value, list)
        and len(value) == 3
        and all(isinstance(v, int | float) for v in value)
    ):
        return [np.array(value, float)]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [point for part in parts for point in points_in(part)]


def nearest(point: np.ndarray[Any, Any], points: list[np.ndarray[Any, Any]]) -> float:
    return min(float(np.linalg.norm(point - other)) for other in points)


@pytest.fixture
def marks(read: Read) -> Iterator[Marks]:
    """A reading in which nothing is marked, with the picture in focus; left the same way."""
    reading = read("ct")
    reading.stage().focus()
    found = Marks(reading)
    found.clear()
    yield found
    found.reading.press("Escape", "Escape", "w")
    found.clear()
    found.wait_saved()


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_draws_edits_deletes_undoes_and_reloads(marks: Marks, tool: str) -> None:
    reading = marks.reading
    reading.get(f"show(0, {json.dumps(OBLIQUE)})")
    reading.settle()
    _, kind, count, _ = TOOLS[tool]
    places = PLACES[:count]
    worlds = marks.worlds(places)
    marks.draw(tool, places)
    marks.wait_saved()
    drawn = marks.only()
    (stored,) = marks.stored()
    assert (stored["kind"], stored["tool"], stored["version"]) == (kind, tool, 1)
    assert stored["value"] == drawn["value"]
    if tool not in AROUND:
        for world in worlds:
            assert nearest(world, points_in(stored["value"])) < WITHIN

    reading.press("w")
    handle = next(place for place in drawn["handles"] if place)
    box = reading.stage().bounding_box()
    assert box is not None
    start = (handle[0] - box["width"] / 2, handle[1] - box["height"] / 2)
    reading.drag(24, 18, start=start)
    reading.wait("viewer.annotations[0].version === 2")
    edited = marks.only()["value"]
    assert edited != drawn["value"]

    reading.press("Control+z")
    assert marks.only()["value"] == drawn["value"]
    reading.press("Control+y")
    assert marks.only()["value"] == edited
    reading.press("Delete")
    assert marks.all() == []
    reading.press("Control+z")
    marks.wait_saved()
    reading.page.reload(wait_until="commit")
    reading.wait_for_pictures()
    reading.wait("viewer.annotations.length === 1")
    assert marks.only()["value"] == edited
    reading.stage().focus()


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_draws_and_edits_by_keys(marks: Marks, tool: str) -> None:
    reading = marks.reading
    key, kind, count, _ = TOOLS[tool]
    count = max(count, 3) if tool in OPEN_ENDED | {"freehand"} else count
    steps = [
        (),
        ("ArrowRight",) * 6,
        ("ArrowDown",) * 5,
        ("ArrowLeft", "ArrowLeft", "Shift+ArrowLeft"),
    ]
    if tool in {"rectangle", "ellipse", "box-3d"}:
        steps[1] = ("ArrowRight",) * 6 + ("ArrowDown",) * 4
    reading.press(key, "Enter")
    for step in steps[:count]:
        reading.press(*step, "Enter")
    if tool in OPEN_ENDED | {"freehand"}:
        reading.press("Enter")
    reading.wait("viewer.annotations.length === 1")
    marks.wait_saved()
    (stored,) = marks.stored()
    assert (stored["kind"], stored["tool"]) == (kind, tool)
    before = marks.only()["value"]
    reading.press("Shift+Enter", "ArrowDown", "ArrowDown", "Shift+ArrowRight", "Escape")
    reading.wait("viewer.annotations[0].version === 2")
    assert marks.only()["value"] != before
    reading.press("Delete")
    reading.wait("viewer.annotations.length === 0")


def test_a_half_drawn_outline_outlives_a_reload(marks: Marks) -> None:
    reading = marks.reading
    reading.press("Shift+P", "Enter", "Enter", *["ArrowRight"] * 5, "Enter")
    reading.wait("viewer.draft?.places.length === 2")
    places = reading.get("draft.places")
    while len(reading.page.evaluate(KEPT)) < 1:
        reading.page.wait_for_timeout(20)  # until it is on the disk
    reading.page.reload(wait_until="commit")
    reading.wait_for_pictures()
    reading.wait("viewer.draft?.places.length === 2")
    assert reading.get("draft.places") == places
    reading.stage().focus()
    reading.press("Escape")


def test_what_was_drawn_without_the_site_is_sent_later(marks: Marks) -> None:
    reading = marks.reading
    reading.page.route("**/api/v1/annotations/changes/", lambda route: route.abort())
    marks.draw("length", PLACES[:2])
    expect(reading.page.locator(".hv-save-sign")).to_contain_text("kept on this computer")
    reading.complaints.clear()  # the browser's own word about the line that was cut
    reading.page.reload(wait_until="commit")
    reading.wait_for_pictures()
    reading.wait("viewer.annotations.length === 1")
    reading.page.unroute("**/api/v1/annotations/changes/")
    reading.page.evaluate("window.dispatchEvent(new Event('online'))")
    marks.wait_saved()
    assert len(marks.stored()) == 1
    reading.complaints.clear()
    reading.stage().focus()


def test_fingers_draw_and_two_of_them_zoom(desk: Desk, browser: Browser) -> None:
    context = desk.context(browser, has_touch=True, viewport={"width": 800, "height": 700})
    reading = Reading(desk.open(context, "ct"))
    reading.wait_for_pictures()
    found = Marks(reading)
    reading.stage().focus()
    found.clear()
    reading.press("Shift+A")
    x, y = reading.middle()
    for right, down in PLACES[:3]:
        reading.page.touchscreen.tap(x + right, y + down)
    reading.wait("viewer.annotations.length === 1")
    found.wait_saved()
    found.clear()
    found.wait_saved()
    context.close()


def test_the_panel_names_colors_jumps_and_hides(marks: Marks, screenshots: Path) -> None:
    reading, page = marks.reading, marks.reading.page
    marks.draw("rectangle", PLACES[:2])
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
    assert inaccessible(page) == []
    panel.get_by_role("button", name="Hide Nodule").click()
    expect(page.locator(".hv-mark")).to_have_count(0)
    panel.get_by_role("button", name="Hide Nodule").click()
    reading.press("Shift+J")
    assert inaccessible(page) == []
    page.screenshot(path=screenshots / "viewer-draw-menu.png", caret="initial")
    reading.press("Escape")
    reading.stage().focus()
    assert (
        "Nodule" in page.request.get(panel.get_by_role("link").get_attribute("href") or "").text()
    )


def test_two_windows_of_one_reader_conflict_in_the_open(
    marks: Marks, desk: Desk, context: BrowserContext
) -> None:
    reading, page = marks.reading, marks.reading.page
    marks.draw("length", PLACES[:2])
    marks.wait_saved()
    other = Reading(desk.open(context, "ct"))
    other.wait_for_pictures()
    other.wait("viewer.annotations.length === 1")
    page.route("**/api/v1/annotations/changes/", lambda route: route.abort())
    reading.press("Shift+Enter", "ArrowDown", "Escape")
    other.stage().focus()
    other.press("'", "Shift+Enter", "ArrowUp", "Escape")
    other.wait("viewer.annotations[0].version === 2")
    page.unroute("**/api/v1/annotations/changes/")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    dialog = page.get_by_role("dialog", name="was changed elsewhere, too")
    expect(dialog).to_be_visible()
    assert inaccessible(page) == []
    dialog.get_by_role("button", name="Keep both").click()
    reading.wait("viewer.annotations.length === 2")
    marks.wait_saved()
    assert len(marks.stored()) == 2
    other.page.close()
    reading.complaints.clear()
    reading.stage().focus()
