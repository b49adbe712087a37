"""Segmentation by a real mouse: what is painted is what the site keeps, voxel for voxel."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import pytest

from tests.viewer.browser.conftest import Read
from tests.viewer.browser.reading import Reading

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SIZE = (96, 96)  # rows, columns


def _mask(reading: Reading) -> dict[str, Any]:
    (one,) = reading.get("masks.list")
    return dict(one)


def _saved(reading: Reading) -> None:
    reading.wait("viewer.masks.list.every(mask => mask.saving === 'saved' && !mask.loading)")


def _here(reading: Reading, k: int) -> np.ndarray[Any, Any]:
    return np.array(reading.get(f"masks.slice('{_mask(reading)['id']}', {k})")).reshape(SIZE)


def _kept(reading: Reading, k: int) -> np.ndarray[Any, Any]:
    """The slice as the site has it."""
    address = f"/api/v1/annotations/{_mask(reading)['id']}/mask/"
    scheme, _, host, *_ = reading.page.url.split("/")
    told = reading.page.request.get(f"{scheme}//{host}{address}")
    found = {one["index"]: one["data"] for one in told.json()["slices"]}
    if k not in found:
        return np.zeros(SIZE, dtype=np.uint8)
    plain = zlib.decompress(base64.b64decode(found[k]))
    return np.frombuffer(plain, dtype=np.uint8).reshape(SIZE)


def _expected(reading: Reading, start: tuple[float, float], end: tuple[float, float]) -> Any:
    """Centers within the brush's radius of the way between two points of the pane."""
    box = reading.stage().bounding_box()
    assert box is not None
    width, height = box["width"], box["height"]
    ends = [
        np.array(reading.get(f"probe(0, {width / 2 + x}, {height / 2 + y})")["voxel"][:2])
        for x, y in (start, end)
    ]
    step = reading.page.evaluate(
        """() => {
          const viewer = window.hounsfieldViewer, k = viewer.index;
          const at = (x, y) => viewer.probe(0, x, y);
          const a = at(300, 300), b = at(301, 301);
          const mm = (n) => Math.abs((b.world[n] - a.world[n]) / (b.voxel[n] - a.voxel[n]));
          return [mm(0), mm(1), k];
        }"""
    )
    radius = reading.get("masks.settings.radius")
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    a, b = (end_ * step[:2] for end_ in ends)
    offset = np.stack([x * step[0], y * step[1]], axis=-1) - a
    way = b - a
    part = np.clip(offset @ way / max(way @ way, 1e-12), 0, 1)
    return np.linalg.norm(offset - part[..., None] * way, axis=-1) <= radius


def test_brush_paints_undoes_and_is_there_again(read: Read) -> None:
    reading = read("ct")
    reading.page.keyboard.press("/")
    reading.drag(60, 40, start=(-40, -30))
    k = reading.get("index")
    assert (_here(reading, k) == _expected(reading, (-40, -30), (20, 10))).all()
    _saved(reading)
    assert (_kept(reading, k) == _here(reading, k)).all()
    painted = _here(reading, k)
    reading.press("Control+z")
    assert not _here(reading, k).any()
    reading.press("Control+y")
    assert (_here(reading, k) == painted).all()
    _saved(reading)
    reading.page.reload()
    reading.wait_for_pictures()
    reading.wait("viewer.masks.list.length === 1")
    _saved(reading)
    assert (_here(reading, k) == painted).all()
