"""Masks beyond one hand: files, a second person, fingers and a pen, the panel, the picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.e2e.soundness import inaccessible
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.hands import RADIUS, Hand, brush, picture_of
from tests.viewer.browser.painting import Labels, Painter, Place, Voxels
from tests.viewer.browser.reading import Reading

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_files_are_the_mask_on_the_grid_of_the_image(painter: Painter) -> None:
    brush(painter, Hand(painter, keys=False))
    painter.wait_saved()
    expect(painter.panel.get_by_role("link", name="Download Mask as NIfTI")).to_be_visible()
    meta, nifti = painter.file("mha"), painter.file("nii.gz")
    painted, picture = painter.here(), painter.grid.picture
    for file in (meta, nifti):
        assert (SimpleITK.GetArrayFromImage(file) == painted).all()
        assert file.GetSize() == picture.GetSize()
        for place in ("GetSpacing", "GetOrigin", "GetDirection"):
            wanted = getattr(picture, place)()
            np.testing.assert_allclose(getattr(file, place)(), wanted, atol=1e-4)


@pytest.fixture(scope="module")
def colleague(desk: Desk, browser: Browser, real_place: str) -> Iterator[Reading]:
    """Another editor of the archive at the same case."""
    context = desk.context(browser, cookie="colleague_cookie")
    reading = Reading(desk.open(context, real_place))
    reading.wait_for_pictures()
    yield reading
    context.close()


def _until_as_many(reading: Reading, labels: Labels) -> None:
    """Wait until a page has heard of what another one painted."""
    voxels = int((labels > 0).sum())
    reading.wait(
        "viewer.masks.list.length === 1 && !viewer.masks.list[0].loading"
        f" && viewer.masks.list[0].segments[0].voxels === {voxels}"
    )


def test_a_second_person_sees_paints_and_is_never_overwritten(
    painter: Painter, colleague: Reading, screenshots: Path
) -> None:
    reading, page = painter.reading, painter.reading.page
    brush(painter, Hand(painter, keys=False))
    painter.wait_saved()
    other = Painter.__new__(Painter)
    other.reading, other.grid = colleague, painter.grid
    _until_as_many(colleague, painter.here())
    assert (other.here() == painter.here()).all()
    assert colleague.get("masks.list[0].author") == "reader"
    if not other.panel.is_visible():
        colleague.stage().focus()
        colleague.press("#")

    # On slices of their own both stand.
    other.show(
        focalPoint=painter.grid.world(
            [s // 2 + d for s, d in zip(painter.grid.shape[::-1], (0, 0, 2), strict=True)]
        ).tolist()
    )
    other.take("Brush")
    other.stroke(other.exactly([(-30, 40), (30, 40)]))
    other.wait_saved()
    seen = other.here()
    _until_as_many(reading, seen)
    assert (painter.here() == seen).all()

    # In the same slice, without each other's news, it is a question.
    other.show(focalPoint=painter.grid.middle)
    page.route("**/api/v1/annotations/**", lambda route: route.abort())
    painter.stroke(painter.exactly([(-60, 60), (60, 60)]))
    other.stroke(other.exactly([(-60, -60), (60, -60)]))
    other.wait_saved()
    mine, theirs = painter.here(), other.here()
    page.unroute("**/api/v1/annotations/**")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    dialog = page.get_by_role("dialog", name="“Mask” was changed elsewhere, too")
    expect(dialog).to_be_visible()
    slice_ = f"slice {reading.get('index') + 1}"
    expect(dialog).to_contain_text(f"Both of you painted {slice_}")
    expect(dialog).to_contain_text("colleague changed it while you did")
    page.screenshot(path=screenshots / "viewer-mask-conflict.png", caret="initial")
    assert list(inaccessible(page)) == []
    dialog.get_by_role("button", name="Keep both").click()
    reading.wait("viewer.masks.list.length === 2")
    painter.wait_saved()
    ids = reading.get("masks.list.map(mask => mask.id)")
    kept = [painter.labels_of(key) for key in ids]
    assert any((one == mine).all() for one in kept)
    assert any((one == theirs).all() for one in kept)
    reading.complaints.clear()


class Fingers:
    """Fingers and a pen at places relative to the middle of the first pane."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.middle = reading.middle()
        self.session: CDPSession = reading.page.context.new_cdp_session(reading.page)

    def touch(self, kind: str, *places: Place) -> None:
        x, y = self.middle
        points = [{"x": x + dx, "y": y + dy, "id": n} for n, (dx, dy) in enumerate(places)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def pen(self, kind: str, place: Place, *, down: bool = True) -> None:
        x, y = self.middle
        told = {"type": kind, "x": x + place[0], "y": y + place[1], "pointerType": "pen"}
        pressed = {"button": "left", "buttons": int(down), "clickCount": 1}
        self.session.send("Input.dispatchMouseEvent", told | pressed)

    def finger_line(self, way: list[Place]) -> None:
        self.touch("touchStart", way[0])
        for one in way[1:]:
            self.touch("touchMove", one)
        self.touch("touchEnd")

    def pen_line(self, way: list[Place]) -> None:
        self.pen("mousePressed", way[0])
        for one in way[1:]:
            self.pen("mouseMoved", one)
        self.pen("mouseReleased", way[-1], down=False)

    def until(self, happened: Callable[[], bool], act: Callable[[], None]) -> None:
        """Do it; again where the machine was so slow that it became a long press."""
        for _ in range(5):
            act()
            for _ in range(20):
                if happened():
                    return
                self.reading.page.wait_for_timeout(50)
            self.reading.press("Escape")
        raise AssertionError("It was taken for a long press every time.")

    def until_drawn(self, draw: Callable[[list[Place]], None], way: list[Place]) -> None:
        before = self.voxels()
        self.until(lambda: self.voxels() != before, lambda: draw(way))

    def spread(self) -> None:
        """Two fingers apart, one of them a little later than the other."""
        self.touch("touchStart", (-30, -30))
        self.touch("touchStart", (-30, -30), (30, -30))
        for apart in (45, 60, 80):
            self.touch("touchMove", (-apart, -30), (apart, -30))
        self.touch("touchEnd")

    def voxels(self) -> int:
        count = "viewer.masks.list.reduce((sum, mask) => sum + mask.segments[0].voxels, 0)"
        return int(self.reading.page.evaluate(f"(viewer => {count})(window.hounsfieldViewer)"))


def test_a_finger_paints_two_zoom_and_a_pen_paints(
    desk: Desk, browser: Browser, real_place: str, screenshots: Path
) -> None:
    context = desk.context(
        browser, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    reading = Reading(desk.open(context, real_place))
    reading.wait_for_pictures()
    painter = Painter(reading, picture_of(real_place))
    painter.take("Brush")
    painter.set_radius(6)
    page: Page = reading.page
    page.screenshot(path=screenshots / "viewer-masks-phone.png", caret="initial")
    assert list(inaccessible(page)) == []
    page.get_by_role("button", name="Close the panel").click()
    reading.settle()
    fingers = Fingers(reading)
    way = painter.exactly([(-50, -20), (-20, 0), (10, 20), (40, 10)])
    fingers.until_drawn(fingers.finger_line, way)
    shown = painter.grid.slice(reading.get("index"))
    answer = painter.grid.way(painter.in_slice(way), 6) & shown
    assert answer.wrong(painter.here() > 0) == []
    painter.wait_saved()
    painted = painter.here()
    fingers.until(lambda: bool(reading.get("zoom") > 1.3), fingers.spread)
    assert (painter.here() == painted).all()
    reading.settle()
    line = painter.exactly([(-60, 60), (0, 60), (60, 60)])
    fingers.until_drawn(fingers.pen_line, line)
    assert (painter.here() > 0).sum() > (painted > 0).sum()
    painter.wait_saved()
    assert (painter.kept() == painter.here()).all()
    assert reading.complaints == []
    context.close()


def test_the_panel_is_sound_with_everything_in_it(painter: Painter, screenshots: Path) -> None:
    page = painter.reading.page
    brush(painter, Hand(painter, keys=False))
    panel = painter.panel
    panel.get_by_role("button", name="New segment").click()
    painter.stroke(painter.exactly([(-60, 60), (60, 60)]))
    panel.get_by_label("Name of the segment").nth(1).fill("Tumor")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Lock Tumor")).to_be_visible()
    for tool in ("Threshold brush", "Grow a region"):
        painter.take(tool)
        assert list(inaccessible(page)) == [], tool
    painter.take("Brush")
    page.set_viewport_size({"width": 1440, "height": 900})
    painter.reading.settle()
    page.screenshot(path=screenshots / "viewer-masks.png", caret="initial")
    page.set_viewport_size({"width": 900, "height": 560})
    painter.reading.settle()
    expect(panel.get_by_text(re.compile(" ml$| µl$")).first).to_be_visible()


def colored(picture: NDArray[Any]) -> Voxels:
    """Where a picture is not grey."""
    return np.asarray(picture.max(axis=-1) - picture.min(axis=-1) > 20)


def test_what_is_painted_is_seen_and_hidden_with_its_segment(painter: Painter) -> None:
    reading = painter.reading
    painter.take("Brush")
    painter.set_radius(RADIUS)
    reading.settle()
    plain = colored(reading.picture())
    places = painter.exactly([(-40, 0), (40, 0)])
    painter.stroke(places)
    reading.point(-200, -200)
    reading.settle()
    seen = colored(reading.picture()) & ~plain
    height, width = seen.shape
    assert seen[height // 2, width // 2 - 30 : width // 2 + 30].all()
    scale = painter.view().scale
    covered = (80 * 2 * RADIUS / scale + np.pi * (RADIUS / scale) ** 2) / seen.size
    assert covered * 0.8 < seen.mean() < covered * 1.25
    eye = painter.panel.get_by_role("button", name="Show Segment 1")
    eye.click()
    reading.settle()
    assert (colored(reading.picture()) & seen).mean() < seen.mean() / 10
    eye.click()
