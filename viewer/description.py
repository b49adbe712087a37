"""What META says: the display set in the words of the protocol."""

from collections.abc import Sequence
from typing import Any

from app.images.slices import PackInfo, PackReader
from viewer.gateway import Showing, ShownLayer
from viewer.messages import VERSION, Meta

UNITS = {"CT": "HU"}


def describe(showing: Showing, *, readers: Sequence[PackReader]) -> Meta:
    """Return the META message; ``readers`` are the packs of the layers, in order."""
    layers = [
        _layer(layer, info=reader.info)
        for layer, reader in zip(showing.layers, readers, strict=True)
    ]
    info = {"version": VERSION, "title": showing.title, "layers": layers}
    return Meta(info=info, cuts=[reader.cuts for reader in readers])


def _layer(layer: ShownLayer, *, info: PackInfo) -> dict[str, Any]:
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
        "window": _window(layer, info),
        "range": list(info.range),
        "modality": layer.modality,
        "unit": UNITS.get(layer.modality, ""),
        "segments": [{"value": s.value, "name": s.name, "color": s.color} for s in layer.segments],
    }


def _window(layer: ShownLayer, info: PackInfo) -> dict[str, float]:
    """The image's own window where it has one, else the percentiles of its values."""
    window = layer.window or info.window
    return {"center": window.center, "width": window.width}
