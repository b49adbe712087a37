"""Every tool of segmentation by real mouse and keys: what is painted is what the site keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.sampling import in_ci_one
from tests.viewer.browser.hands import LOOP, RADIUS, TOOLS, WAY, Hand, brush
from tests.viewer.browser.painting import Answer, Painter

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
HOWS = ("mouse", "keys")
WAYS = [(tool, how) for tool in TOOLS for how in in_ci_one(tool, HOWS)]


def prepare(painter: Painter, tool: str) -> None:
    """Something to erase, or an outline to fill."""
    if tool in {"eraser", "fill"}:
        painter.take("Brush")
        painter.set_radius(RADIUS if tool == "eraser" else 4)
        painter.stroke(painter.exactly(LOOP))


@pytest.mark.parametrize(("tool", "how"), WAYS)
def test_a_tool_paints_undoes_and_is_kept(painter: Painter, tool: str, how: str) -> None:
    reading = painter.reading
    prepare(painter, tool)
    before = painter.here()
    answer = TOOLS[tool](painter, Hand(painter, keys=how == "keys"))
    painter.wait_idle()
    painted = painter.here()
    assert (painted > 0).any()
    assert (painted != before).any()
    assert answer.wrong(painted > 0) == []
    painter.wait_saved()
    assert (painter.kept() == painted).all()
    reading.press("Control+z")
    assert (painter.here() == before).all()
    reading.press("Control+y")
    assert (painter.here() == painted).all()
    painter.wait_saved()
    assert (painter.kept() == painted).all()


PLANES: dict[str, dict[str, Any]] = {
    "coronal": {"orientation": "coronal"},
    "oblique": {"normal": [0.3, -0.5, 0.81], "up": [0.1, -1, 0.2]},
}


@pytest.mark.parametrize("plane", PLANES)
def test_brush_and_scissors_in_a_plane_across_the_slices(painter: Painter, plane: str) -> None:
    reading, grid = painter.reading, painter.grid
    painter.show(**PLANES[plane], focalPoint=grid.middle)
    plain = reading.picture()
    places = painter.exactly([(-40, 5), (0, -10), (45, 12)])
    view = painter.view()
    axis = int(
        np.abs(
            np.linalg.solve(grid.steps, view.normal) * np.linalg.norm(grid.steps, axis=0)
        ).argmax()
    )
    if plane == "coronal":
        points = painter.in_slice(places, axis=axis)
        reached = Answer(grid.slice(reading.get("index"), axis=axis), np.zeros(grid.shape, bool))
    else:
        points, reached = painter.worlds(places), grid.slab(view.focus, view.normal)
    painter.take("Brush")
    painter.set_radius(RADIUS)
    painter.stroke(places)
    ball = grid.way(points, RADIUS)
    edge = ball.edge | reached.edge | grid.under(points)
    first = Answer(ball.inside & reached.inside, edge)
    assert first.wrong(painter.here() > 0) == []
    assert reading.get("overlays.layers") == ["Mask"]
    reading.settle()
    shown = (reading.picture() != plain).any(axis=-1)
    assert shown[tuple(np.array(shown.shape) // 2)], "a stroke through the middle is seen there"
    assert shown.mean() < 0.5

    painter.take("Scissors")
    painter.panel.get_by_role("combobox", name="Scissors").select_option("Erase outside")
    loop = painter.exactly([(-30, -30), (30, -35), (25, 30), (-25, 25)])
    outline = view.outline(grid, loop)
    painter.stroke(loop)
    painter.panel.get_by_role("combobox", name="Scissors").select_option("Fill inside")
    left = Answer(first.inside & (outline.inside | ~reached.inside), first.edge | outline.edge)
    painted = painter.here() > 0
    assert left.wrong(painted) == []
    assert 0 < painted.sum() < first.inside.sum()


def test_a_ball_goes_through_the_slices_and_all_of_it_is_kept(painter: Painter) -> None:
    painter.take("Brush")
    painter.set_radius(RADIUS)
    ball = painter.panel.get_by_role("checkbox", name="Through the slices (ball)")
    ball.check()
    places = painter.exactly(WAY)
    painter.stroke(places)
    ball.uncheck()
    answer = painter.grid.way(painter.in_slice(places), RADIUS)
    painted = painter.here()
    assert answer.wrong(painted > 0) == []
    assert (painted > 0).any(axis=(1, 2)).sum() > 3
    painter.wait_saved()
    assert (painter.kept() == painted).all()


def test_a_fast_hand_loses_no_part_of_its_stroke(painter: Painter) -> None:
    painter.take("Brush")
    painter.set_radius(2.5)
    turns = np.linspace(0, 3 * np.pi, 40)
    spiral = painter.exactly([(7 * t * np.cos(t), 7 * t * np.sin(t)) for t in turns])
    painter.stroke(spiral)
    points = painter.in_slice(spiral)
    shown = painter.grid.slice(painter.reading.get("index"))
    ball = painter.grid.way(points, 2.5)
    answer = Answer(ball.inside, ball.edge | painter.grid.under(points)) & shown
    assert answer.wrong(painter.here() > 0) == []


def test_slices_between_drawn_ones_are_filled(painter: Painter) -> None:
    reading, grid = painter.reading, painter.grid
    painter.take("Circle scissors")
    circle = painter.exactly([(0, 0), (40, 30)])
    k = reading.get("index")
    painter.stroke(circle)
    reading.press("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp")
    reading.wait(f"viewer.index !== {k}")
    reading.settle()
    other = reading.get("index")
    assert abs(other - k) == 4
    painter.stroke(circle)
    two = painter.here()
    reading.press("%")
    painter.wait_idle()
    reading.wait("viewer.masks.steps.last === 'Slices interpolated'")
    low, high = sorted((k, other))
    filled = painter.here()
    # The same shape twice: everything in between is that shape.
    for between in range(low, high + 1):
        assert (filled[between] == two[low]).all()
    assert not np.delete(filled, range(low, high + 1), axis=0).any()
    painter.wait_saved()
    assert (painter.kept() == filled).all()
    reading.press("Control+z")
    assert (painter.here() == two).all()
    assert grid.shape == two.shape


def test_a_reload_in_mid_stroke_keeps_what_was_painted(painter: Painter) -> None:
    reading = painter.reading
    painter.take("Brush")
    painter.set_radius(RADIUS)
    way = painter.exactly(WAY)
    painter.stroke(way[:3], lift=False)
    painted = painter.here()
    assert reading.get("masks.busy")
    # It is saved while the hand still holds the brush, and not called saved before.
    painter.wait_saved()
    assert reading.get("masks.busy")
    reading.page.reload(wait_until="commit")
    reading.page.mouse.up()
    reading.wait_for_pictures()
    painter.wait_saved()
    assert (painter.here() == painted).all()
    reading.complaints.clear()
    painter.reading.stage().focus()
    reading.press("#")
    # Nobody is half in a stroke now, and the next one is a step of its own.
    painter.take("Brush")
    painter.stroke(painter.exactly([(0, 60), (40, 60)]))
    assert (painter.here() > 0).sum() > (painted > 0).sum()
    reading.press("Control+z")
    assert (painter.here() == painted).all()


def test_a_mask_that_was_deleted_comes_back(painter: Painter) -> None:
    reading = painter.reading
    brush(painter, Hand(painter, keys=False))
    painted = painter.here()
    painter.wait_saved()
    painter.panel.get_by_role("button", name="Delete the mask Mask").click()
    reading.wait("viewer.masks.list.length === 0")
    reading.stage().focus()
    reading.press("Control+z")
    reading.wait("viewer.masks.list.length === 1")
    painter.wait_saved()
    assert (painter.here() == painted).all()
    assert (painter.kept() == painted).all()
    reading.press("Control+y")
    reading.wait("viewer.masks.list.length === 0")


def test_locked_and_other_segments_stay(painter: Painter) -> None:
    brush(painter, Hand(painter, keys=False))
    first = painter.here() == 1
    panel = painter.panel
    panel.get_by_role("button", name="Lock Segment 1").click()
    panel.get_by_role("button", name="New segment").click()
    painter.stroke(painter.exactly(LOOP))
    both = painter.here()
    assert ((both == 1) == first).all()
    assert (both == 2).any()
    painter.wait_saved()
    assert (painter.kept() == both).all()
    panel.get_by_role("button", name="Delete Segment 2").click()
    painter.reading.wait("viewer.masks.list[0].segments.length === 1")
    assert not (painter.here() == 2).any()
    painter.reading.stage().focus()
    painter.reading.press("Control+z")
    assert (painter.here() == both).all()
