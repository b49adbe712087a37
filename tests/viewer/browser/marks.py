"""The annotations of a reading: drawn by real mouse and keys, asked of viewer and site."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.viewer.browser.camera import Camera, Vector
from tests.viewer.browser.drawn import TOOLS
from tests.viewer.browser.reading import Reading

#: Relative to the middle of a pane, in CSS pixels.
Spot = tuple[float, float]
#: So many half-drawn places are on the disk of the browser.
_KEPT = """(count) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('hounsfield-annotations');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const late = performance.now() + 30000;
    const look = () => {
      if (performance.now() > late) return reject(new Error('It was never kept.'));
      const rows = opening.result.transaction('drafts').objectStore('drafts').getAll();
      rows.onsuccess = () => {
        if (!rows.result.some(draft => draft.places.length === count)) return setTimeout(look, 20);
        opening.result.close();
        resolve();
      };
    };
    look();
  };
})"""
_STORED = """async () => {
  const {source, object} = document.getElementById('viewer').dataset;
  const query = new URLSearchParams({source, object, limit: '500'});
  return (await (await fetch('/api/v1/annotations/?' + query)).json()).results;
}"""


class Marks:
    """What is marked in a reading, here and with the site."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        #: Where the pane looked at when this began.
        self.middle: list[float] = reading.pane()["camera"]["focalPoint"]

    def all(self) -> list[dict[str, Any]]:
        return list(self.reading.get("annotations"))

    def only(self) -> dict[str, Any]:
        (one,) = self.all()
        return one

    def stored(self) -> list[dict[str, Any]]:
        """What the site tells."""
        return list(self.reading.page.evaluate(_STORED))

    def wait_saved(self, *, version: int | None = None) -> None:
        """Until the site has all there is, and the first mark in a version."""
        self.reading.wait("viewer.annotations.every(each => each.saving === 'saved')")
        if version is not None:
            self.reading.wait(f"viewer.annotations[0]?.version === {version}")

    def camera(self) -> Camera:
        """Where the places of the pane are, once what is shown is settled."""
        self.reading.settle()
        camera = self.reading.pane()["camera"]
        return Camera(camera, self.reading.get(f"project(0, {json.dumps(camera['focalPoint'])})"))

    def worlds(self, spots: Sequence[Spot]) -> list[Vector]:
        """What lies under spots of the pane, worked out from its camera."""
        camera, (left, top) = self.camera(), self._corner()
        x, y = self.reading.middle()
        return [camera.world(x + right - left, y + down - top) for right, down in spots]

    def _corner(self) -> tuple[float, float]:
        box = self.reading.stage().bounding_box()
        assert box is not None
        return box["x"], box["y"]

    def click(self, *spots: Spot) -> None:
        for spot in spots:
            self.reading.point(*spot)
            self.reading.page.mouse.down()
            self.reading.page.mouse.up()

    def stroke(self, spots: Sequence[Spot]) -> None:
        """Press at the first spot, go over all and let go at the last."""
        self.reading.point(*spots[0])
        self.reading.page.mouse.down()
        for spot in spots[1:]:
            self.reading.point(*spot)
        self.reading.page.mouse.up()

    def draw(self, tool: str, spots: Sequence[Spot]) -> None:
        """Take a tool and draw with the mouse as a reader would."""
        self.reading.press(TOOLS[tool].key)
        if TOOLS[tool].by in {"drag", "stroke"}:
            self.stroke(spots)
            return
        self.click(*spots)
        if TOOLS[tool].by == "path":
            self.click(spots[-1])

    def wait_kept(self, places: int) -> None:
        """Until so many places of what is half drawn are on the disk."""
        self.reading.wait(f"viewer.draft?.places.length === {places}")
        self.reading.page.evaluate(_KEPT, places)

    def grip(self) -> tuple[int, Spot]:
        """The first handle of the only mark that lies in the plane: its number, and where."""
        handles = self.only()["handles"]
        number = next(index for index, handle in enumerate(handles) if handle)
        (left, top), (x, y) = self._corner(), self.reading.middle()
        return number, (handles[number][0] + left - x, handles[number][1] + top - y)

    def clear(self) -> None:
        """Take every mark away, also half a one."""
        self.reading.stage().focus()
        self.reading.press("Escape", "Escape", "w")
        for one in self.all():
            assert one["editable"]
            self.reading.press("'", "Delete")
        self.reading.wait("viewer.annotations.length === 0")
