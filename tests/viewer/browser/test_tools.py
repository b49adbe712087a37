"""Every drawing tool: what is drawn is what the site keeps, to a hundredth of a millimetre.

With the mouse on real images, oblique and anisotropic, in any plane, before the eyes of a second
reader; with keys alone on the phantom, in an oblique plane.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.sampling import CI
from tests.viewer.browser.desk import Desk
from tests.viewer.browser.drawn import TOOLS, farthest
from tests.viewer.browser.marks import Marks, Spot
from tests.viewer.browser.reading import Reading
from tests.viewer.browser.real import SOURCES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WITHIN = 0.01  # mm
PAGE = {"width": 640, "height": 560}
SPOTS: list[Spot] = [(-90, -70), (70, -50), (85, 60), (-60, 80)]
TILTED = {"normal": [0.3, -0.5, 0.81], "up": [0.1, -1, 0.2]}
PLANES: list[dict[str, Any]] = [
    {"orientation": "stored"},
    TILTED,
    {"orientation": "coronal"},
    {"normal": [0.9, 0.3, -0.2], "up": [0, 0.1, 1]},
    {"orientation": "sagittal"},
]
#: CI tries each tool on one of the images, with a reload in between where there is something half.
RELOADED = [(tool, list(SOURCES)[number % 2]) for number, tool in enumerate(TOOLS)]
CHOSEN = RELOADED if CI else list(product(TOOLS, SOURCES))
Sit = Callable[[str, str], Marks]


@pytest.fixture(scope="module")
def sit(desk: Desk, browser: Browser) -> Iterator[Sit]:
    """``sit("cookie", "marks")``: a person's page of a place, opened once and left in order."""
    pages: dict[tuple[str, str], Marks] = {}

    def sit_down(cookie: str, place: str) -> Marks:
        if (cookie, place) not in pages:
            # A window for each: pages behind others are drawn once a second.
            context = desk.context(browser, cookie=cookie, viewport=PAGE)
            reading = Reading(desk.open(context, place))
            reading.wait_for_pictures()
            pages[cookie, place] = Marks(reading)
        return pages[cookie, place]

    yield sit_down
    complaints = [each for marks in pages.values() for each in marks.reading.complaints]
    for marks in pages.values():
        marks.reading.page.context.close()
    assert complaints == []


def _shown(marks: Marks, plane: dict[str, Any]) -> None:
    """Show a plane through the middle of the image."""
    marks.reading.get(f"show(0, {json.dumps(plane | {'focalPoint': marks.middle})})")
    marks.reading.settle()


def _check(marks: Marks, tool: str, expected: Any, *, version: int) -> dict[str, Any]:
    """The site keeps these points in this version, and the viewer shows the same."""
    marks.wait_saved(version=version)
    (stored,) = marks.stored()
    said = (stored["kind"], stored["tool"], stored["version"])
    assert said == (TOOLS[tool].kind, tool, version)
    assert stored["value"] == marks.only()["value"]
    found = TOOLS[tool].read(stored["value"])
    assert farthest(found, expected, loose=TOOLS[tool].loose) < WITHIN
    return dict(stored["value"])


def _begun_and_reloaded(marks: Marks, tool: str, spots: list[Spot], plane: dict[str, Any]) -> None:
    """Draw half of it, reload, and draw the rest."""
    by, mouse = TOOLS[tool].by, marks.reading.page.mouse
    marks.reading.press(TOOLS[tool].key)
    half = spots[:-1]
    if by == "stroke":
        marks.reading.point(*half[0])
        mouse.down()
        for spot in half[1:]:
            marks.reading.point(*spot)
    else:
        marks.click(*half)
    marks.wait_kept(len(half))
    places = marks.reading.get("draft.places")
    marks.reading.page.reload(wait_until="commit")
    mouse.up()
    marks.reading.wait_for_pictures()
    marks.reading.wait("viewer.draft")
    assert marks.reading.get("draft.places") == places
    _shown(marks, plane)
    marks.reading.stage().focus()
    marks.reading.press(TOOLS[tool].key)
    if by == "stroke":
        marks.stroke([half[-1], spots[-1]])
        return
    marks.click(spots[-1])
    if by == "path":
        marks.click(spots[-1])


@pytest.mark.data
@pytest.mark.parametrize(("tool", "place"), CHOSEN)
def test_a_tool_by_mouse(sit: Sit, tool: str, place: str) -> None:
    made = TOOLS[tool]
    number, other = list(TOOLS).index(tool), list(SOURCES).index(place)
    plane, spots = PLANES[(number + 2 * other) % len(PLANES)], SPOTS[: made.count]
    mine, theirs = sit("cookie", place), sit("colleague_cookie", place)
    mine.clear()
    for marks in (mine, theirs):
        _shown(marks, plane)
    worlds, camera = mine.worlds(spots), mine.camera()
    if made.count > 1 and (tool, place) in RELOADED:
        _begun_and_reloaded(mine, tool, spots, plane)
    else:
        mine.draw(tool, spots)
    drawn = _check(mine, tool, made.make(worlds, camera), version=1)

    mine.reading.press("w")
    _, grip = mine.grip()
    to = (grip[0] + 24, grip[1] + 18)
    mine.reading.drag(24, 18, start=grip)
    expected = made.moved(worlds, mine.worlds([to])[0], camera)
    edited = _check(mine, tool, expected, version=2)

    theirs.reading.wait("viewer.annotations[0]?.version === 2")
    seen = theirs.only()
    assert (seen["author"], seen["mine"], seen["editable"]) == ("reader", False, True)
    assert seen["value"] == edited
    assert _lines(theirs) == _lines(mine)

    for keys, value in (("Control+z", drawn), ("Control+y", edited)):
        mine.reading.press(keys)
        assert mine.only()["value"] == value
    mine.wait_saved(version=4)
    mine.reading.press("Delete")
    theirs.reading.wait("viewer.annotations.length === 0")
    assert mine.stored() == []
    mine.reading.press("Control+z")
    mine.wait_saved(version=6)
    theirs.reading.wait("viewer.annotations[0]?.version === 6")
    assert theirs.only()["value"] == edited


def _lines(marks: Marks) -> list[str | None]:
    """The lines of marks as they are drawn on the screen."""
    marks.reading.settle()
    lines = marks.reading.page.locator(".hv-marks .hv-line")
    return list(lines.evaluate_all("found => found.map(each => each.getAttribute('d'))"))


def _steps(tool: str) -> tuple[list[tuple[str, ...]], list[Spot]]:
    """Arrow keys from place to place, and the spots that they lead to."""
    keys = [
        (),
        ("ArrowRight",) * 6 + ("ArrowDown",) * 4,
        ("ArrowDown",) * 5 + ("ArrowLeft",),
        ("ArrowLeft", "ArrowLeft", "Shift+ArrowLeft"),
    ]
    ways = {"Right": (10, 0), "Left": (-10, 0), "Down": (0, 10), "Up": (0, -10)}
    x = y = 0.0
    spots: list[Spot] = []
    for step in keys[: TOOLS[tool].count]:
        for key in step:
            right, down = ways[key.removeprefix("Shift+").removeprefix("Arrow")]
            share = 0.1 if key.startswith("Shift") else 1
            x, y = x + right * share, y + down * share
        spots.append((x, y))
    return keys[: TOOLS[tool].count], spots


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_by_keys(sit: Sit, tool: str) -> None:
    made, marks = TOOLS[tool], sit("cookie", "marks")
    marks.reading.page.mouse.move(0, 0)
    marks.clear()
    _shown(marks, TILTED)
    keys, spots = _steps(tool)
    worlds, camera = marks.worlds(spots), marks.camera()
    marks.reading.press(made.key, "Enter")
    for step in keys:
        marks.reading.press(*step, "Enter")
    if made.by in {"path", "stroke"}:
        marks.reading.press("Enter")
    drawn = _check(marks, tool, made.make(worlds, camera), version=1)
    _, grip = marks.grip()
    to = marks.worlds([(grip[0] + 1, grip[1] + 20)])[0]
    marks.reading.press("Shift+Enter", "ArrowDown", "ArrowDown", "Shift+ArrowRight", "Escape")
    edited = _check(marks, tool, made.moved(worlds, to, camera), version=2)
    for key, value in (("Control+z", drawn), ("Control+y", edited)):
        marks.reading.press(key)
        assert marks.only()["value"] == value
    marks.reading.press("Delete")
    marks.reading.wait("viewer.annotations.length === 0")
