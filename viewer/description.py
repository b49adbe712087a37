"""What META says: the display set in the words of the protocol."""

from collections.abc import Sequence
from typing import Any

from app.images.slices import OnDemand, PackInfo
from viewer.feeds import Pack
from viewer.gateway import Showing, ShownLayer
from viewer.messages import VERSION, Meta

UNITS = {"CT": "HU"}


def describe(showing: Showing, *, slices: Sequence[Pack | OnDemand]) -> Meta:
    """Return the META message; ``slices`` are those of the layers, in order."""
    layers = [
        _layer(layer, info=one.info) for layer, one in zip(showing.layers, slices, strict=True)
    ]
    info = {"version": VERSION, "title": showing.title, "layers": layers}
    return Meta(info=info, cuts=[one.cuts for one in slices])


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
        **_values(layer, info),
        "modality": layer.modality,
        "unit": UNITS.get(layer.modality, ""),
        "segments": [{"value": s.value, "name": s.name, "color": s.color} for s in layer.segments],
    }


def _values(layer: ShownLayer, info: PackInfo) -> dict[str, Any]:
    """Range and default window: the image's own window, else one from its values.

    What the site knows of the values goes before what the pack says: it is the same before and
    after the pack is made, so whoever reconnects in between finds the images unchanged.
    """
    known = layer.values if layer.values and layer.values.is_exact else None
    window = layer.window or (known.window if known else info.window)
    low, high = (known.low, known.high) if known else info.range
    return {
        "window": {"center": window.center, "width": window.width},
        "range": [low, high],
    }
