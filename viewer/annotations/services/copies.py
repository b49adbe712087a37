"""Editable starts: a colleague's annotation or an algorithm's output, copied to be one's own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone
from numpy.typing import NDArray

from app.audit.services import record
from app.core.errors import NotFound, ValidationFailed
from app.core.storage import ObjectMissing, get_store
from app.images.models import Image, ImageFile
from app.images.slices import PackError
from app.images.slices.metaimage import header_of, slices_of
from app.sockets.models import SocketValue
from app.sockets.schemas import MOST_JSON, InvalidValue
from viewer.annotations.desk import Desk, annotation_for
from viewer.annotations.grids import same_grid
from viewer.annotations.models import Annotation, AnnotationVersion
from viewer.annotations.news import tell
from viewer.annotations.services.changes import CONTENT, check_room
from viewer.annotations.services.masks import full_slices, grid_of, keep_slices
from viewer.annotations.slices import HIGHEST_LABEL, Grid, PackedSlice, count_labels, pack
from viewer.annotations.values import GEOMETRY, MASK, SINGLE, clean_value, one_of_many
from viewer.layers import layers_of


@dataclass(frozen=True)
class Start:
    """What a new annotation begins with."""

    image_id: UUID
    kind: str
    tool: str
    value: dict[str, Any]
    label: str = ""
    color: str = ""
    frame: dict[str, Any] | None = None
    of_annotation: Annotation | None = None
    of_value: SocketValue | None = None
    slices: tuple[PackedSlice, ...] = ()


def start_with_annotation(desk: Desk, pk: UUID) -> Start:
    """Return a start that is what an annotation is now; the person must see it."""
    found, _ = annotation_for(desk.user, pk)
    if found.image_id not in desk.image_ids:
        raise ValidationFailed(fields={"of": ["It lies on an image that is not shown here."]})
    slices: tuple[PackedSlice, ...] = ()
    if found.is_mask:
        slices = tuple(
            PackedSlice(one.index, bytes(one.data), {int(k): v for k, v in one.counts.items()})
            for one in full_slices(found).iterator(chunk_size=64)
        )
    return Start(
        image_id=found.image_id,
        kind=found.kind,
        tool=found.tool,
        value=found.value,
        label=found.label,
        color=found.color,
        frame=found.frame,
        of_annotation=found,
        slices=slices,
    )


def start_with_value(
    desk: Desk, pk: int, *, image_id: UUID, item: int | None = None, tool: str = ""
) -> Start:
    """Return a start that is a value of the display set: a geometry, or a segmentation's voxels."""
    if pk not in desk.view.values:
        raise NotFound
    value = SocketValue.objects.select_related("socket", "image").get(pk=pk)
    if image_id not in desk.image_ids:
        raise ValidationFailed(fields={"image": ["There is no such image in this display set."]})
    if value.socket.kind == MASK:
        return _start_with_mask(value, Image.objects.get(pk=image_id), tool=tool)
    return _start_with_geometry(value, image_id, item=item, tool=tool)


@dataclass(frozen=True)
class Copy:
    """A copy, and whether it was made just now or before."""

    annotation: Annotation
    is_new: bool


def begin_copy(
    desk: Desk,
    *,
    change_id: UUID,
    annotation_id: UUID,
    tool: str = "",
    annotation: UUID | None = None,
    value: int | None = None,
    image_id: UUID | None = None,
    item: int | None = None,
) -> Copy:
    """Make an annotation of the person's own from an ``annotation``, or a ``value`` on an image.

    Asking again with the same ids answers what was made. Raises `ValidationFailed` for ids that
    are taken, and `NotFound` for what the person does not see.
    """
    known = _known(desk, change_id=change_id, annotation_id=annotation_id)
    if known is not None:
        return Copy(known, is_new=False)
    check_room(desk)
    if annotation is not None:
        start = start_with_annotation(desk, annotation)
    elif value is not None and image_id is not None:
        start = start_with_value(desk, value, image_id=image_id, item=item, tool=tool)
    else:
        raise ValidationFailed(fields={"of": ["Give an annotation, or a value and an image."]})
    return _begin(desk, start, change_id=change_id, annotation_id=annotation_id)


def _known(desk: Desk, *, change_id: UUID, annotation_id: UUID) -> Annotation | None:
    """Return what was made of these ids before, by this person."""
    found = AnnotationVersion.objects.filter(
        pk=change_id, annotation=annotation_id, changed_by=desk.user, number=1
    ).first()
    return found.annotation if found is not None and desk.sees(found.annotation) else None


def _begin(desk: Desk, start: Start, *, change_id: UUID, annotation_id: UUID) -> Copy:
    try:
        with transaction.atomic():
            made = _copied(desk, start, change_id=change_id, annotation_id=annotation_id)
    except IntegrityError:
        known = _known(desk, change_id=change_id, annotation_id=annotation_id)
        if known is None:
            raise ValidationFailed(fields={"id": ["This id is taken."]}) from None
        return Copy(known, is_new=False)
    tell([made], by=desk.user.get_username())
    return Copy(made, is_new=True)


def _copied(desk: Desk, start: Start, *, change_id: UUID, annotation_id: UUID) -> Annotation:
    annotation = Annotation.objects.create(
        id=annotation_id,
        source=desk.source,
        object_id=desk.object_id,
        image_id=start.image_id,
        author=desk.user,
        changed_by=desk.user,
        kind=start.kind,
        tool=start.tool,
        revision=change_id,
        value=start.value,
        label=start.label,
        color=start.color,
        frame=start.frame,
        copied_annotation=start.of_annotation,
        copied_value=start.of_value,
    )
    version = AnnotationVersion(
        id=change_id,
        annotation=annotation,
        number=1,
        changed_by=desk.user,
        made_at=timezone.now(),
        **{name: getattr(annotation, name) for name in CONTENT},
    )
    if start.slices:
        version.slices = keep_slices(annotation, list(start.slices))
    version.save(force_insert=True)
    origin = start.of_annotation or start.of_value
    data = {"kind": annotation.kind, "source": desk.source, "of": str(origin and origin.pk)}
    record("viewer.annotation.copied", obj=annotation, actor=desk.user, data=data)
    return annotation


def _start_with_geometry(
    value: SocketValue, image_id: UUID, *, item: int | None, tool: str
) -> Start:
    kind = value.socket.kind
    if kind not in GEOMETRY:
        raise ValidationFailed(fields={"of": ["This value is no geometry that can be drawn."]})
    found = _json_of(value)
    try:
        if item is not None:
            if kind not in SINGLE:
                raise InvalidValue("It is one object; leave the item out.", field="item")
            found, kind = one_of_many(found, kind=kind, item=item)
        found = clean_value(found, kind=kind)
    except InvalidValue as error:
        raise ValidationFailed(
            error.message, fields={error.field or "of": [error.message]}
        ) from error
    label = str(found.get("name") or value.socket.title)[:200]
    return Start(image_id, kind, tool or "copied", found, label=label, of_value=value)


def _json_of(value: SocketValue) -> Any:
    """Return a value that is JSON, from the database or, of sockets that keep it so, its file."""
    if value.has_value:
        return value.value
    try:
        with get_store().open(value.file_key) as stored:
            return json.loads(stored.read(MOST_JSON))
    except (ObjectMissing, ValueError, RecursionError) as error:
        raise ValidationFailed(fields={"of": ["Its file cannot be read."]}) from error


def _start_with_mask(value: SocketValue, image: Image, *, tool: str) -> Start:
    if value.image is None:
        raise ValidationFailed(fields={"of": ["This value holds no image."]})
    if value.image.timepoints != 1 or not same_grid(value.image, image):
        raise ValidationFailed(
            f"{value.socket.title} lies on another grid than {image.name}.",
            fields={"image": ["The voxels of the segmentation are not those of this image."]},
            advice="Begin with an image that has the segmentation's size, spacing and position.",
        )
    segments = next(iter(layers_of([value]))).segments
    declared = [
        {"voxel_value": one.value, "name": one.name, "visible": True, "color": one.color}
        for one in segments
    ]
    bits = 8 if all(one.value < 256 for one in segments) else 16
    start = Start(
        image.pk,
        MASK,
        tool or "copied",
        clean_value({"segments": declared, "bits": bits}, kind=MASK),
        label=value.socket.title,
        of_value=value,
    )
    known = {one.value for one in segments}
    slices = _packed(value.image, grid=grid_of(image, bits=bits), known=known)
    return replace(start, slices=tuple(slices))


def _packed(image: Image, *, grid: Grid, known: set[int]) -> Iterator[PackedSlice]:
    """Yield the slices of a stored segmentation that are not empty, compressed."""
    file = ImageFile.objects.filter(image=image, kind=ImageFile.Kind.MHA).first()
    if file is None:
        raise ValidationFailed(fields={"of": ["This segmentation has no file to begin with."]})
    try:
        with get_store().open(file.key) as stored:
            for index, voxels in enumerate(slices_of(stored, header_of(stored))):
                if index >= grid.depth or voxels.shape != (grid.height, grid.width):
                    raise PackError("damaged", "The file has another size than its image.")
                packed = pack(_labels(voxels, known=known), index=index, grid=grid)
                if packed.counts:
                    yield packed
    except (PackError, ObjectMissing) as error:
        raise ValidationFailed(fields={"of": [str(error)]}) from error


def _labels(voxels: NDArray[np.generic], *, known: set[int]) -> NDArray[np.uint16]:
    """Return voxels as labels; raise `ValidationFailed` for what is none, or none of a segment."""
    numbers: NDArray[Any] = voxels
    within = bool(((numbers >= 0) & (numbers <= HIGHEST_LABEL)).all())
    if not within or not bool((numbers == np.floor(numbers)).all()):
        message = (
            f"A segmentation has whole numbers from 0 to {HIGHEST_LABEL}; this one has others."
        )
        raise ValidationFailed(message, fields={"of": [message]})
    labels = numbers.astype(np.uint16)
    unknown = sorted(set(count_labels(labels)) - known)
    if unknown:
        message = f"It holds the voxel value {unknown[0]}, which no segment has."
        raise ValidationFailed(message, fields={"of": [message]})
    return labels
