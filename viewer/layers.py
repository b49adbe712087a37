"""From socket values to layers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.sockets.models import SocketValue
from viewer.registry import Layer, Segment

COLORS = ("#ff9f1c", "#2ec4b6", "#e6484f", "#8e7cc3", "#4f9d4f", "#f4d35e", "#5aa9e6", "#d885a3")
"""Colors of segments that were declared without one."""


def layers_of(values: Iterable[SocketValue]) -> tuple[Layer, ...]:
    """Return a layer per image: images first, then segmentations as overlays."""
    layers = [
        Layer(
            image_id=value.image_id,
            name=value.socket.title,
            role="overlay" if value.socket.kind == "SEG" else "image",
            segments=segments_of(value.socket.segments),
        )
        for value in values
        if value.image_id is not None
    ]
    return tuple(sorted(layers, key=lambda layer: layer.role == "overlay"))


def segments_of(declared: Sequence[Mapping[str, Any]]) -> tuple[Segment, ...]:
    """Return a socket's segments with a color each; the background has none."""
    return tuple(
        Segment(
            value=segment["voxel_value"],
            name=segment["name"],
            color=segment.get("color") or COLORS[index % len(COLORS)],
        )
        for index, segment in enumerate(declared)
        if segment["voxel_value"]
    )
