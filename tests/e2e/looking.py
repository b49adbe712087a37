"""What the viewer shows, asked of the viewer itself and seen on its canvas."""

from __future__ import annotations

import time
from typing import Any

import imagecodecs
import numpy as np
from playwright.sync_api import Page

Picture = np.ndarray[Any, Any]
COLORFUL = 30  # a pixel whose red, green and blue differ by more is colored
PICTURE_WITHIN = 60.0  # seconds


class Viewer:
    """The viewer on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wait("viewer.complete", seconds=PICTURE_WITHIN)

    def wait(self, condition: str, *, seconds: float = 20) -> None:
        """Wait for a condition on `viewer`, that is `window.hounsfieldViewer`.

        Asked from here again and again, since the page's security policy forbids that it evaluates
        text by itself.
        """
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(
            f"(viewer => Boolean(viewer && {condition}))(window.hounsfieldViewer)"
        ):
            assert time.monotonic() < deadline, f"The viewer never came to: {condition}"
            self.page.wait_for_timeout(25)

    def get(self, what: str) -> Any:
        return self.page.evaluate(f"window.hounsfieldViewer.{what}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def picture(self) -> Picture:
        """The stage as the screen shows it, (y, x, rgb) from 0 to 255."""
        shot = self.page.locator(".hv-stage").first.screenshot(caret="initial")
        return np.asarray(imagecodecs.png_decode(shot))[..., :3].astype(int)

    def center(self) -> tuple[float, float]:
        box = self.page.locator(".hv-stage").first.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def point(self, right: float = 0, down: float = 0) -> None:
        """Move the mouse over the picture, so many pixels from its center."""
        x, y = self.center()
        self.page.mouse.move(x + right, y + down)

    def show_overlay(self) -> int:
        """Go to the slice on which the overlay colors most; return its number of pixels."""
        count = self.get("count")
        step = max(1, count // 20)
        found = {index: self._colored_at(index) for index in range(0, count, step)}
        best = max(found, key=lambda index: found[index])
        return self._colored_at(best)

    def _colored_at(self, index: int) -> int:
        self.page.evaluate(f"window.hounsfieldViewer.goTo('axial', {index})")
        self.wait(f"viewer.index === {index} && viewer.complete")
        return colored(self.picture())


def colored(picture: Picture) -> int:
    """Count colored pixels around the middle, where no text is written."""
    part = middle_of(picture)
    return int(((part.max(axis=-1) - part.min(axis=-1)) > COLORFUL).sum())


def middle_of(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    return picture[height // 5 : -height // 5, width // 4 : -width // 4]
