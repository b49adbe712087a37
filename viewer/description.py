"""What META says: the display set in the words of the protocol."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.images.models import Image
from app.images.slices import PackInfo, PackReader
from viewer.protocol import VERSION, Meta
from viewer.registry import DisplaySetView, Layer

UNITS = {"CT": "HU"}


def describe(
    view: DisplaySetView, *, images: Mapping[UUID, Image], readers: Sequence[PackReader]
) -> Meta:
    """Return the META message; ``readers`` are the packs of the layers, in order."""
    layers = [
        _layer(layer, image=images[layer.image_id], info=reader.info)
        for layer, reader in zip(view.layers, readers, strict=True)
    ]
    info = {"version": VERSION, "title": view.title, "layers": layers}
    return Meta(info=info, cuts=[reader.cuts for reader in readers])


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
        "window": _window(image, info),
        "range": list(info.range),
        "modality": image.modality,
        "unit": UNITS.get(image.modality, ""),
        "segments": [{"value": s.value, "name": s.name, "color": s.color} for s in layer.segments],
    }


def _window(image: Image, info: PackInfo) -> dict[str, float]:
    """The image's own window where it has one, else the percentiles of its values."""
    if image.window_center is not None and image.window_width:
        return {"center": image.window_center, "width": image.window_width}
    return {"center": info.window.center, "width": info.window.width}
