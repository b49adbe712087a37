"""A reader at the viewer: real mouse, keys and fingers; the viewer itself is asked what is so."""

from __future__ import annotations

import json
import time
from typing import Any

import imagecodecs
import numpy as np
from playwright.sync_api import ConsoleMessage, Locator, Page

Picture = np.ndarray[Any, Any]
PATIENCE = 40.0  # seconds; software drawing is slow
VIEWER = "window.hounsfieldViewer"
FRAMES = """() => new Promise(done => {
  let left = 3;
  const next = () => left-- > 0 ? requestAnimationFrame(next) : done();
  next();
})"""


class Reading:
    """The viewer on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def wait_for_pictures(self) -> None:
        """Wait until every pane shows all it can."""
        self.wait("viewer.panes.length > 0 && viewer.panes.every(pane => pane.complete)")

    def wait(self, condition: str, *, seconds: float = PATIENCE) -> None:
        """Wait for a condition on `viewer`.

        Asked from here again and again: the page's security policy forbids that it evaluates text.
        """
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(f"(viewer => Boolean(viewer && ({condition})))({VIEWER})"):
            if time.monotonic() > deadline:
                raise AssertionError(f"Never came: {condition}\n{self.state()}")
            self.page.wait_for_timeout(25)

    def settle(self) -> None:
        """Wait until what was changed is on the screen, readouts included."""
        self.page.evaluate(f"{VIEWER}.whenComplete().then({FRAMES})")

    def get(self, what: str) -> Any:
        return self.page.evaluate(f"{VIEWER}.{what}")

    def pane(self, number: int = 0) -> dict[str, Any]:
        return dict(self.get(f"panes[{number}]"))

    def state(self) -> str:
        shown = self.page.evaluate(
            f"{VIEWER} ? {{panes: {VIEWER}.panes, layout: {VIEWER}.layout}} : null"
        )
        return json.dumps(shown)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def stage(self, number: int = 0) -> Locator:
        return self.page.locator(".hv-stage").nth(number)

    def middle(self, number: int = 0) -> tuple[float, float]:
        box = self.stage(number).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def point(self, right: float = 0, down: float = 0, *, pane: int = 0) -> None:
        """Move the mouse so many pixels from the middle of a pane."""
        x, y = self.middle(pane)
        self.page.mouse.move(x + right, y + down)

    def drag(
        self,
        right: float,
        down: float,
        *,
        pane: int = 0,
        button: Any = "left",
        start: tuple[float, float] = (0, 0),
    ) -> None:
        """Drag from the middle of a pane (or from ``start``, relative to it)."""
        self.point(*start, pane=pane)
        self.page.mouse.down(button=button)
        self.point(start[0] + right / 2, start[1] + down / 2, pane=pane)
        self.point(start[0] + right, start[1] + down, pane=pane)
        self.page.mouse.up(button=button)

    def corner(self, name: str, *, pane: int = 0) -> str:
        return self.page.locator(f"[data-corner={name}]").nth(pane).inner_text()

    def picture(self, number: int = 0) -> Picture:
        """A pane as the screen shows it, (y, x, rgb) from 0 to 255."""
        shot = self.stage(number).screenshot(caret="initial")
        return np.asarray(imagecodecs.png_decode(shot))[..., :3].astype(int)
