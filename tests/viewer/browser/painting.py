"""A hand that paints in the viewer, and the plain answer to what it has to have painted.

Answers are worked out voxel by voxel with NumPy and SimpleITK from the picture, the camera and the
places of the pointer alone. Places are CSS pixels from the middle of a pane.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import tempfile
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray
from playwright.sync_api import Locator

from tests.viewer.browser.reading import PATIENCE, Reading

Voxels = NDArray[np.bool_]
Labels = NDArray[np.uint8]
Points = NDArray[np.float64]
Place = tuple[float, float]
EDGE = 1e-6
"""So near to an edge, in millimetres, a center may be on either side of it."""
SLICES = """([id, depth]) => Array.from({length: depth}, (_, k) => {
  const labels = window.hounsfieldViewer.masks.slice(id, k);
  return labels.some(Boolean) ? btoa(labels.map(one => String.fromCharCode(one)).join('')) : '';
})"""

COUNT = """async () => {
  const {source, object} = document.getElementById('viewer').dataset;
  const query = new URLSearchParams({source, object, kind: 'SEG'});
  return (await (await fetch('/api/v1/annotations/?' + query)).json()).count;
}"""


@dataclass
class Answer:
    """Voxels that belong to it, and those on its edge, which may."""

    inside: Voxels
    edge: Voxels = field(default_factory=lambda: np.zeros((), bool))

    def wrong(self, painted: Voxels) -> list[str]:
        """Voxels that are painted and should not be, or the other way round."""
        places = np.argwhere((painted != self.inside) & ~self.edge)
        said = [f"(i {i}, j {j}, k {k}): {painted[k, j, i]}" for k, j, i in places[:5]]
        return said + ([f"of {len(places)}"] if said else [])

    def __and__(self, other: Voxels) -> Answer:
        return Answer(self.inside & other, self.edge & other)


class Grid:
    """Where the voxels of a picture lie."""

    def __init__(self, picture: SimpleITK.Image) -> None:
        self.picture = picture
        self.values: NDArray[Any] = SimpleITK.GetArrayFromImage(picture)
        self.shape = self.values.shape
        direction = np.array(picture.GetDirection()).reshape(3, 3)
        self.steps: Points = direction * np.array(picture.GetSpacing())
        self.origin: Points = np.array(picture.GetOrigin())
        z, y, x = np.mgrid[tuple(slice(0, size) for size in self.shape)]
        self.centers: Points = self.world(np.stack([x, y, z], axis=-1).astype(float))

    def world(self, voxels: Any) -> Points:
        return np.asarray(np.asarray(voxels) @ self.steps.T + self.origin)

    def voxel(self, world: Any) -> Points:
        return np.asarray(np.linalg.solve(self.steps, np.asarray(world) - self.origin))

    @property
    def middle(self) -> list[float]:
        """The center of the voxel in the middle."""
        middle: list[float] = self.world([size // 2 for size in self.shape[::-1]]).tolist()
        return middle

    def slice(self, index: int, *, axis: int = 2) -> Voxels:
        """All voxels of a slice across an axis of (i, j, k)."""
        only = np.zeros(self.shape, bool)
        place: list[Any] = [slice(None)] * 3
        place[2 - axis] = index
        only[tuple(place)] = True
        return only

    def slab(self, point: Points, normal: Points) -> Answer:
        """Voxels nearest to an oblique plane."""
        half = np.linalg.norm(np.abs(normal @ self.steps)) / 2
        apart = np.abs((self.centers - point) @ normal)
        return Answer(apart <= half, np.abs(apart - half) < EDGE)

    def way(self, points: list[Points], radius: float) -> Answer:
        """What a ball of this radius covers on a way."""
        if len(points) == 1:
            points = points * 2
        apart = np.full(self.shape, np.inf)
        for a, b in itertools.pairwise(points):
            along, offset = b - a, self.centers - a
            part = np.clip(offset @ along / max(along @ along, 1e-12), 0, 1)
            distance = np.linalg.norm(offset - part[..., None] * along, axis=-1)
            apart = np.minimum(apart, distance)
        return Answer(apart <= radius, np.abs(apart - radius) < EDGE)

    def under(self, points: list[Points]) -> Voxels:
        """The voxels nearest to a way: even the finest brush paints them."""
        found = np.zeros(self.shape, bool)
        for a, b in itertools.pairwise(points):
            for part in np.linspace(0, 1, 400):
                i, j, k = np.rint(self.voxel(a + part * (b - a))).astype(int)
                if all(0 <= n < size for n, size in zip((k, j, i), self.shape, strict=True)):
                    found[k, j, i] = True
        return found

    def connected(self, values: NDArray[Any], seed: Points, low: float, high: float) -> Voxels:
        """What hangs together with a voxel, face by face, and has values in a range."""
        picture = SimpleITK.GetImageFromArray(values.astype(np.float64))
        place = [round(float(index)) for index in seed]
        found = SimpleITK.ConnectedThreshold(picture, [place], lower=low, upper=high)
        return np.asarray(SimpleITK.GetArrayFromImage(found) > 0)


@dataclass
class View:
    """The camera of a pane."""

    focus: Points
    normal: Points
    up: Points
    scale: float
    """Millimetres of a CSS pixel."""

    @property
    def right(self) -> Points:
        return np.asarray(np.cross(self.up, self.normal))

    def world(self, place: Place) -> Points:
        return np.asarray(self.focus + self.scale * (place[0] * self.right - place[1] * self.up))

    def flat(self, points: Points) -> tuple[Points, Points]:
        """Millimetres to the right of the middle and below it."""
        offset = points - self.focus
        return offset @ self.right, -(offset @ self.up)

    def outline(self, grid: Grid, polygon: list[Place]) -> Answer:
        """Voxels whose centers lie inside a polygon, seen along the normal: even-odd."""
        x, y = self.flat(grid.centers)
        inside, edge = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
        corners = [(self.scale * right, self.scale * down) for right, down in polygon]
        for (x0, y0), (x1, y1) in itertools.pairwise([*corners, corners[0]]):
            if y0 != y1:
                crossing = x0 + (x1 - x0) * (y - y0) / (y1 - y0)
                inside ^= ((y0 > y) != (y1 > y)) & (x < crossing)
            long = np.hypot(x1 - x0, y1 - y0)
            if long > 0:
                part = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / long**2, 0, 1)
                off = np.hypot(x - x0 - part * (x1 - x0), y - y0 - part * (y1 - y0))
                edge |= off < EDGE
        return Answer(inside, edge)

    def disk(self, grid: Grid, middle: Place, rim: Place) -> Answer:
        """Voxels within a circle, which is drawn as a polygon of 256 corners."""
        x, y = self.flat(grid.centers)
        radius = self.scale * float(np.hypot(rim[0] - middle[0], rim[1] - middle[1]))
        apart = np.hypot(x - self.scale * middle[0], y - self.scale * middle[1])
        return Answer(apart <= radius, np.abs(apart - radius) < 1e-4 * radius)


class Painter:
    """Paints on a reading with its panel of masks open."""

    def __init__(self, reading: Reading, picture: SimpleITK.Image) -> None:
        self.reading = reading
        self.grid = Grid(picture)
        self.clear()

    @property
    def panel(self) -> Locator:
        return self.reading.page.get_by_role("complementary", name="Masks")

    def take(self, tool: str) -> None:
        """Choose a tool by its button; it is not put away if it is in the hand."""
        button = self.panel.get_by_role("button", name=re.compile(f"^{tool}: "))
        if button.get_attribute("aria-pressed") != "true":
            button.click()
        self.reading.stage().focus()

    def show(self, **plane: Any) -> None:
        self.reading.get(f"show(0, {json.dumps(plane)})")
        self.reading.settle()

    def clear(self) -> None:
        """Nothing is painted, and the middle slice is shown as it is stored."""
        self.reading.stage().focus()
        self.reading.press("Escape", "Escape")
        # A test that failed on the way may have left it closed.
        if not self.panel.is_visible():
            self.reading.press("#")
        deadline = time.monotonic() + PATIENCE
        while self._on_the_site() > len(self.reading.get("masks.list")):
            assert time.monotonic() < deadline, "The page does not show all masks of the site."
            self.reading.page.wait_for_timeout(50)
        self.reading.wait("viewer.masks.list.every(mask => !mask.loading)")
        delete = self.panel.get_by_role("button", name=re.compile("^Delete the mask"))
        for _ in self.reading.get("masks.list"):
            delete.first.click()
        self.reading.wait("viewer.masks.list.length === 0 && !viewer.masks.busy")
        self.show(orientation="stored", focalPoint=self.grid.middle)
        self.reading.stage().focus()

    def _on_the_site(self) -> int:
        """How many masks the case has that this page may not have heard of yet."""
        return int(self.reading.page.evaluate(COUNT))

    def set_radius(self, radius: float) -> None:
        self.panel.get_by_role("slider", name="Radius").fill(str(radius))
        self.reading.stage().focus()

    # Where

    def view(self) -> View:
        camera = self.reading.pane()["camera"]
        focus, normal, up = (
            np.array(camera[part], float) for part in ("focalPoint", "viewPlaneNormal", "viewUp")
        )
        return View(focus, normal, up, 2 * camera["parallelScale"] / self._box()["height"])

    def _box(self) -> dict[str, float]:
        box = self.reading.stage().bounding_box()
        assert box is not None
        return dict(box)

    def exactly(self, places: list[Place]) -> list[Place]:
        """Where whole pixels of the page lie nearest to these places."""
        box = self._box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        return [(round(x + right) - x, round(y + down) - y) for right, down in places]

    def worlds(self, places: list[Place]) -> list[Points]:
        view = self.view()
        return [view.world(place) for place in places]

    def in_slice(self, places: list[Place], *, axis: int = 2) -> list[Points]:
        """The same places in the slice that is shown."""
        found = []
        for world in self.worlds(places):
            voxel = self.grid.voxel(world)
            voxel[axis] = self.reading.get("index")
            found.append(self.grid.world(voxel))
        return found

    # What

    def stroke(self, places: list[Place], *, lift: bool = True) -> None:
        """Drag over places; they have to be exact."""
        mouse = self.reading.page.mouse
        x, y = self.reading.middle()
        # A press is told in whole pixels, and a hair below one is the one before.
        pixels = [(round(x + right), round(y + down)) for right, down in places]
        mouse.move(*pixels[0])
        mouse.down()
        for pixel in pixels[1:]:
            mouse.move(*pixel)
        if lift:
            mouse.up()

    def mask(self) -> dict[str, Any]:
        (one,) = self.reading.get("masks.list")
        return dict(one)

    def wait_saved(self) -> None:
        told = "viewer.masks.list.every(mask => mask.saving === 'saved' && !mask.loading)"
        self.reading.wait(f"viewer.masks.list.length > 0 && {told}")

    def wait_idle(self) -> None:
        self.reading.wait("!viewer.masks.busy")

    def here(self) -> Labels:
        """All labels as the viewer has them."""
        found = self.reading.get("masks.list")
        if not found:
            return np.zeros(self.grid.shape, np.uint8)
        rows = self.reading.page.evaluate(SLICES, [found[0]["id"], self.grid.shape[0]])
        return _stacked([base64.b64decode(row) for row in rows], self.grid.shape)

    def kept(self) -> Labels:
        """All labels as the site has them."""
        return self.labels_of(self.mask()["id"])

    def labels_of(self, key: str) -> Labels:
        """The labels of any mask as the site has them."""
        slices = self._fetch(f"{key}/mask/").json()["slices"]
        found = {one["index"]: zlib.decompress(base64.b64decode(one["data"])) for one in slices}
        return _stacked([found.get(k, b"") for k in range(self.grid.shape[0])], self.grid.shape)

    def file(self, ending: str) -> SimpleITK.Image:
        """The mask as it is downloaded."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"mask.{ending}"
            path.write_bytes(self._fetch(f"{self.mask()['id']}/mask.{ending}").body())
            return SimpleITK.ReadImage(str(path))

    def _fetch(self, address: str) -> Any:
        page = self.reading.page
        scheme, _, host, *_ = page.url.split("/")
        answer = page.request.get(f"{scheme}//{host}/api/v1/annotations/{address}")
        assert answer.ok, answer.text()
        return answer


def _stacked(rows: list[bytes], shape: tuple[int, ...]) -> Labels:
    """Slices, where nothing stands for an empty one."""
    empty = bytes(shape[1] * shape[2])
    return np.stack([np.frombuffer(row or empty, np.uint8).reshape(shape[1:]) for row in rows])
