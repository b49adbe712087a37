"""Each tool of segmentation in a hand, by mouse or by keys, with what it then has to paint."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import SimpleITK

from tests.data import DATA
from tests.viewer.browser.painting import Answer, Painter, Place
from tests.viewer.browser.world import PAINTED, painted_picture

WAY: list[Place] = [(-50, -30), (-20, 25), (10, 10), (45, 40)]
"""A bent stroke."""
LOOP: list[Place] = [(-60, -50), (50, -60), (70, 30), (0, 10), (-40, 55), (-60, -50)]
"""An outline with a dent."""
RADIUS = 9.3
STEP = 10
ARROWS = {"ArrowRight": (1, 0), "ArrowLeft": (-1, 0), "ArrowDown": (0, 1), "ArrowUp": (0, -1)}
Draw = Callable[[Painter, "Hand"], Answer]


class Hand:
    """How places are drawn: by the mouse or by keys. Both answer where exactly that was."""

    def __init__(self, painter: Painter, *, keys: bool) -> None:
        self.painter = painter
        self.keys = keys

    def take(self, tool: str) -> None:
        """Choose a tool."""
        reading = self.painter.reading
        if not self.keys:
            self.painter.take(tool)
            return
        reading.stage().focus()
        reading.press("/")
        for _ in range(12):
            if reading.page.locator(f".hv-stage[data-tool={tool_word(tool)}]").count():
                return
            reading.press(":")
        raise AssertionError(tool)

    def drag(self, places: list[Place]) -> list[Place]:
        if self.keys:
            return self._steer(places)
        exact = self.painter.exactly(places)
        self.painter.stroke(exact)
        return exact

    def _steer(self, places: list[Place]) -> list[Place]:
        """With arrows from the middle of the pane, in steps of ten pixels."""
        reading = self.painter.reading
        reading.page.mouse.move(1, 1)  # a cursor begins where the mouse is
        reading.press("Enter")
        way: list[Place] = []
        x = y = 0.0
        for number, (right, down) in enumerate(places):
            across = "ArrowRight" if right > x else "ArrowLeft"
            along = "ArrowDown" if down > y else "ArrowUp"
            keys = [across] * round(abs(right - x) / STEP) + [along] * round(abs(down - y) / STEP)
            for key in keys:
                reading.press(key)
                x, y = x + ARROWS[key][0] * STEP, y + ARROWS[key][1] * STEP
                way.append((x, y))
            if number == 0:
                reading.press("Enter")
                way = [(x, y)]
        if len(places) > 1:
            reading.press("Enter")
        self.painter.wait_idle()
        reading.press("Escape")
        return way


def tool_word(tool: str) -> str:
    return {"Grow a region": "grow"}.get(tool, tool.lower().replace(" ", "-"))


# What each tool has to have painted


def brush(painter: Painter, hand: Hand) -> Answer:
    hand.take("Brush")
    painter.set_radius(RADIUS)
    points = painter.in_slice(hand.drag(WAY))
    return painter.grid.way(points, RADIUS) & painter.grid.slice(painter.reading.get("index"))


def eraser(painter: Painter, hand: Hand) -> Answer:
    before = painter.here() > 0
    hand.take("Eraser")
    painter.set_radius(RADIUS)
    points = painter.in_slice(hand.drag(WAY))
    gone = painter.grid.way(points, RADIUS) & painter.grid.slice(painter.reading.get("index"))
    return Answer(before & ~gone.inside, gone.edge)


def threshold_brush(painter: Painter, hand: Hand) -> Answer:
    hand.take("Threshold brush")
    painter.set_radius(RADIUS)
    points = painter.in_slice(hand.drag(WAY))
    low, high = painter.reading.get("masks.settings.range")
    bright = (painter.grid.values >= low) & (painter.grid.values <= high)
    return painter.grid.way(points, RADIUS) & (
        bright & painter.grid.slice(painter.reading.get("index"))
    )


def scissors(painter: Painter, hand: Hand) -> Answer:
    hand.take("Scissors")
    outline = painter.view().outline(painter.grid, hand.drag(LOOP))
    return outline & painter.grid.slice(painter.reading.get("index"))


def rectangle_scissors(painter: Painter, hand: Hand) -> Answer:
    hand.take("Rectangle scissors")
    way = hand.drag([(-40, -30), (50, 60)])
    (x0, y0), (x1, y1) = way[0], way[-1]
    outline = painter.view().outline(painter.grid, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    return outline & painter.grid.slice(painter.reading.get("index"))


def circle_scissors(painter: Painter, hand: Hand) -> Answer:
    hand.take("Circle scissors")
    way = hand.drag([(-10, -10), (40, 30)])
    disk = painter.view().disk(painter.grid, way[0], way[-1])
    return disk & painter.grid.slice(painter.reading.get("index"))


def fill(painter: Painter, hand: Hand) -> Answer:
    """Into the ring that the fixture drew."""
    before = painter.here()
    hand.take("Fill")
    (place,) = hand.drag([(10, -10)])
    seed = painter.grid.voxel(painter.in_slice([place])[0])
    shown = painter.grid.slice(painter.reading.get("index"))
    hole = painter.grid.connected(np.where(shown, before, 9), seed, 0, 0)
    return Answer((before > 0) | hole)


def grow(painter: Painter, hand: Hand) -> Answer:
    hand.take("Grow a region")
    (place,) = hand.drag([(10, -10)])
    seed = painter.grid.voxel(painter.in_slice([place])[0])
    tolerance = painter.reading.get("masks.settings.tolerance")
    i, j, k = (round(float(index)) for index in seed)
    value = float(painter.grid.values[k, j, i])
    shown = painter.grid.slice(painter.reading.get("index"))
    values = np.where(shown, painter.grid.values.astype(float), np.inf)
    return Answer(painter.grid.connected(values, seed, value - tolerance, value + tolerance))


TOOLS: dict[str, Draw] = {
    "brush": brush,
    "eraser": eraser,
    "threshold brush": threshold_brush,
    "scissors": scissors,
    "rectangle scissors": rectangle_scissors,
    "circle scissors": circle_scissors,
    "fill": fill,
    "grow": grow,
}


def picture_of(place: str) -> SimpleITK.Image:
    if place == PAINTED:
        assert DATA is not None
        return painted_picture(DATA)
    from app.images.phantom import generate

    phantom = generate(seed=3, shape=(40, 96, 96), nodules=3)
    picture = SimpleITK.GetImageFromArray(phantom.volume)
    picture.SetSpacing(phantom.geometry.spacing)
    picture.SetOrigin(phantom.geometry.origin)
    return picture
