"""A hanging protocol as a small picture."""

from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT = 32.0, 18.0
LINE = 1.6


def svg_icon(protocol: Sequence[Mapping[str, Any]], *, width: int = int(WIDTH)) -> str:
    """Return the viewports as an SVG drawing; it holds numbers alone, so it is safe in a page."""
    boxes = places(protocol)
    columns = max(x + w for x, _, w, _ in boxes)
    rows = max(y + h for _, y, _, h in boxes)
    across, down = (WIDTH - LINE) / columns, (HEIGHT - LINE) / rows
    drawn = "".join(
        f'<rect x="{LINE / 2 + x * across:.2f}" y="{LINE / 2 + y * down:.2f}" '
        f'width="{w * across:.2f}" height="{h * down:.2f}" stroke-width="{LINE}" />'
        for x, y, w, h in boxes
    )
    height = round(width * HEIGHT / WIDTH)
    box = f"0 0 {WIDTH:.0f} {HEIGHT:.0f}"
    size = f'width="{width}" height="{height}" viewBox="{box}"'
    return f'<svg {size} fill-opacity="0" stroke="currentColor">{drawn}</svg>'


def places(protocol: Sequence[Mapping[str, Any]]) -> list[tuple[int, int, int, int]]:
    """Return x, y, width and height of each viewport; one beside the other where none are given."""
    if any("x" not in viewport for viewport in protocol):
        return [(index, 0, 1, 1) for index in range(len(protocol))]
    return [(v["x"], v["y"], v["w"], v["h"]) for v in protocol]
