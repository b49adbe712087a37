"""Reading masks, and what annotations may be begun with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.images.models import Image
from app.sockets.models import SocketValue
from app.sockets.schemas import get_kind
from viewer.annotations.desk import Desk
from viewer.annotations.grids import same_grid
from viewer.annotations.models import Annotation
from viewer.annotations.services.masks import full_slices, slices_since
from viewer.annotations.slices import on_wire
from viewer.annotations.values import GEOMETRY, MASK


@dataclass(frozen=True)
class MaskView:
    """Slices of a mask as clients read them."""

    annotation: UUID
    revision: UUID
    version: int
    bits: int
    size: Sequence[int]
    slices: list[dict[str, Any]]


@dataclass(frozen=True)
class StartView:
    """A value of a display set that an annotation may begin as; ``items`` counts its objects."""

    value: int
    socket: str
    title: str
    kind: str
    items: int | None
    images: list[UUID]


def mask_of(
    annotation: Annotation,
    *,
    since: int | None = None,
    first: int | None = None,
    last: int | None = None,
) -> MaskView:
    """Return the slices that are not empty; ``since`` a version, those that changed after it."""
    found = full_slices(annotation) if since is None else slices_since(annotation, since)
    if first is not None:
        found = found.filter(index__gte=first)
    if last is not None:
        found = found.filter(index__lte=last)
    stored = found.values_list("index", "data").iterator(chunk_size=64)
    return MaskView(
        annotation=annotation.pk,
        revision=annotation.revision,
        version=annotation.version,
        bits=annotation.value["bits"],
        size=annotation.image.size,
        slices=on_wire((index, bytes(data)) for index, data in stored),
    )


def starts_of(desk: Desk) -> list[StartView]:
    """Return the values of a display set that are geometry, or segmentations of its images."""
    images = {image.pk: image for image in Image.objects.filter(pk__in=desk.image_ids)}
    shown = [images[one.image_id] for one in desk.view.layers if one.image_id in images]
    bases = [
        images[layer.image_id]
        for layer in desk.view.layers
        if layer.role == "image" and layer.image_id in images
    ]
    values = SocketValue.objects.filter(pk__in=desk.view.values).select_related("socket", "image")
    found = [_start(value, bases or shown) for value in values.order_by("pk")]
    return [start for start in found if start is not None and start.images]


def _start(value: SocketValue, images: Sequence[Image]) -> StartView | None:
    kind, items = value.socket.kind, None
    fitting: Sequence[Image] = ()
    if kind == MASK and value.image is not None:
        fitting = [image for image in images if same_grid(value.image, image)]
    elif kind in GEOMETRY:
        fitting = images
        plural = get_kind(kind).objects
        items = len((value.value or {}).get(plural, ())) if plural and value.has_value else None
    return StartView(
        value=value.pk,
        socket=value.socket.slug,
        title=value.socket.title,
        kind=kind,
        items=items,
        images=[image.pk for image in fitting],
    )
