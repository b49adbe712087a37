"""From socket values to layers."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from app.images.models import Image
from app.sockets.models import SocketValue
from app.sockets.schemas import MOST_SEGMENTS
from viewer.registry import Filled, Layer, Segment

COLORS = ("#ff9f1c", "#2ec4b6", "#e6484f", "#8e7cc3", "#4f9d4f", "#f4d35e", "#5aa9e6", "#d885a3")
"""Colors of segments that were declared without one."""

OVERLAYS = ("SEG", "HMAP")
"""Kinds of sockets whose images lie over another image."""


def layers_of(values: Iterable[SocketValue]) -> tuple[Layer, ...]:
    """Return a layer per image: images first, then segmentations and heat maps as overlays.

    Among these older values come first, however the database lists them.
    """
    layers = [
        Layer(
            image_id=value.image_id,
            name=value.socket.title,
            role="overlay" if value.socket.kind in OVERLAYS else "image",
            segments=_segments_of(value),
            socket=value.socket.slug,
        )
        for value in _in_order(values)
        if value.image_id is not None
    ]
    return tuple(sorted(layers, key=lambda layer: layer.role == "overlay"))


def sockets_of(values: Iterable[SocketValue]) -> tuple[Filled, ...]:
    """Return what the values fill, older values first."""
    return tuple(
        Filled(
            slug=value.socket.slug,
            title=value.socket.title,
            kind=value.socket.kind,
            image_id=value.image_id,
        )
        for value in _in_order(values)
    )


def _in_order(values: Iterable[SocketValue]) -> list[SocketValue]:
    return sorted(values, key=attrgetter("pk"))


def _segments_of(value: SocketValue) -> tuple[Segment, ...]:
    """Return the declared segments with a color each, else one for each label that occurs."""
    if value.socket.kind != "SEG" or value.image is None:
        return ()
    declared = value.socket.segments or _found(value.image)
    return tuple(
        Segment(
            value=segment["voxel_value"],
            name=segment["name"],
            color=segment.get("color") or COLORS[index % len(COLORS)],
        )
        for index, segment in enumerate(segment for segment in declared if segment["voxel_value"])
    )


def _found(image: Image) -> Sequence[Mapping[str, Any]]:
    """Return segments for the labels of an image; one where its labels were not counted."""
    histogram = image.metadata.get("histogram") or {}
    labels = [label for label in histogram.get("values") or [1] if label > 0] or [1]
    return [{"voxel_value": label, "name": f"Segment {label}"} for label in labels[:MOST_SEGMENTS]]
