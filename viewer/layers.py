"""From socket values to layers."""

from collections.abc import Iterable

from app.sockets.models import SocketValue
from viewer.registry import Layer, Segment


def layers_of(values: Iterable[SocketValue]) -> tuple[Layer, ...]:
    """Return a layer per image: images first, then segmentations as overlays."""
    layers = [
        Layer(
            image_id=value.image_id,
            name=value.socket.title,
            role="overlay" if value.socket.kind == "SEG" else "image",
            segments=tuple(Segment(**segment) for segment in value.socket.segments),
        )
        for value in values
        if value.image_id is not None
    ]
    return tuple(sorted(layers, key=lambda layer: layer.role == "overlay"))
