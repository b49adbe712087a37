"""What META says: the display set in the words of the protocol."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from app.images.models import Image
from app.images.slices import Described, PackInfo, Window
from viewer.protocol import VERSION, CutTable, Meta
from viewer.registry import DisplaySetView, Layer

UNITS = {"CT": "HU"}


class DescribedSlices(Protocol):
    """A pack, or what stands for it."""

    @property
    def info(self) -> PackInfo:
        """What it says about its image."""

    @property
    def cuts(self) -> CutTable:
        """Cut points of every slice, 0 where they are not known."""


def describe(
    view: DisplaySetView, *, images: Mapping[UUID, Image], slices: Sequence[DescribedSlices]
) -> Meta:
    """Return the META message; ``slices`` are those of the layers, in order."""
    layers = [
        _layer(layer, image=images[layer.image_id], info=one.info)
        for layer, one in zip(view.layers, slices, strict=True)
    ]
    info = {"version": VERSION, "title": view.title, "layers": layers}
    return Meta(info=info, cuts=[one.cuts for one in slices])


def described(image: Image) -> Described | None:
    """What was found out about the values of an image when it was made, if anything was."""
    found = image.metadata.get("histogram")
    try:
        low, high = float(found["low"]), float(found["high"])
        black, white = (float(found["percentiles"][share]) for share in ("1", "99"))
    except (KeyError, TypeError, ValueError):
        return None
    if not all(map(math.isfinite, (low, high, black, white))) or low > high:
        return None
    if image.components > 1:
        black, white = (0.0, 255.0) if image.element_type == "uint8" else (low, high)
    if not white > black:
        black, white = black - 0.5, black + 0.5
    return Described(low, high, Window(center=(black + white) / 2, width=white - black))


def _layer(layer: Layer, *, image: Image, info: PackInfo) -> dict[str, Any]:
    return {
        "image": str(layer.image_id),
        "name": layer.name,
        "role": layer.role,
        "size": list(info.size),
        "timepoints": info.timepoints,
        "spacing": list(info.spacing),
        "origin": list(info.origin),
        "direction": list(info.direction),
        "type": info.type,
        "components": info.components,
        "codec": info.codec,
        "levels": info.levels,
        "level_sizes": [list(size) for size in info.level_sizes],
        **_values(image, info),
        "modality": image.modality,
        "unit": UNITS.get(image.modality, ""),
        "segments": [{"value": s.value, "name": s.name, "color": s.color} for s in layer.segments],
    }


def _values(image: Image, info: PackInfo) -> dict[str, Any]:
    """Range and default window: the image's own window, else one from its values.

    They are the same before and after the pack is made, so that whoever reconnects in between
    finds the images unchanged.
    """
    known = described(image)
    window = info.window if known is None else known.window
    low, high = info.range if known is None else (known.low, known.high)
    center, width = window.center, window.width
    if image.window_center is not None and image.window_width:
        center, width = image.window_center, image.window_width
    return {"window": {"center": center, "width": width}, "range": [low, high]}
