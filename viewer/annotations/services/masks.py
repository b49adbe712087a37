"""Storing slices of masks, and putting masks together from them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from app.core.errors import LimitReached, ValidationFailed
from app.images.models import Image
from app.sockets.schemas import InvalidValue
from viewer.annotations.models import Annotation, MaskSlice
from viewer.annotations.slices import Grid, PackedSlice, read_slices, unpack
from viewer.annotations.values import labels_declared

MOST_MASK_BYTES = 64 * 2**20
"""The most compressed bytes of a mask as it stands."""
MOST_STORED_BYTES = 2**30
"""The most compressed bytes of all versions of a mask."""


def grid_of(image: Image, *, bits: int) -> Grid:
    """Return the grid of masks on an image; of an image over time, that of one time point."""
    width, height, depth = image.size
    return Grid(width=width, height=height, depth=depth, bits=bits)


def standing_slices(annotation: Annotation) -> QuerySet[MaskSlice]:
    """Return the slices of a mask as it stands, in order; empty ones are among them.

    "As it stands" is as this row says: what others paint while it is read is not among it.
    Narrow it by index and by number only: by anything else, an older slice would stand for the
    newest.
    """
    return (
        MaskSlice.objects.filter(annotation=annotation, number__lte=annotation.version)
        .order_by("index", "-number")
        .distinct("index")
    )


def full_slices(annotation: Annotation) -> QuerySet[MaskSlice]:
    """Return the slices of a mask as it stands that are not empty, in order."""
    standing = standing_slices(annotation).values("pk")
    return MaskSlice.objects.filter(pk__in=standing).exclude(size=0).order_by("index")


def slices_since(annotation: Annotation, version: int) -> QuerySet[MaskSlice]:
    """Return the slices that changed after a version, as they stand."""
    return standing_slices(annotation).filter(number__gt=version)


def store_slices(annotation: Annotation, given: Any) -> list[int]:
    """Store the slices that a change brought as those of the annotation's version.

    Returns their indices; raises `ValidationFailed` or `LimitReached`, and then stores nothing.
    """
    if not annotation.is_mask:
        raise ValidationFailed(fields={"slices": ["Only masks have slices."]})
    grid = grid_of(annotation.image, bits=annotation.value["bits"])
    try:
        packed = read_slices(given, grid=grid, declared=labels_declared(annotation.value))
    except InvalidValue as error:
        raise ValidationFailed(error.message, fields={error.field: [error.message]}) from error
    return keep_slices(annotation, packed)


def keep_slices(annotation: Annotation, packed: list[PackedSlice]) -> list[int]:
    """Store checked slices as those of the annotation's version; return their indices."""
    indices = [one.index for one in packed]
    replaced = sum(
        standing_slices(annotation).filter(index__in=indices).values_list("size", flat=True)
    )
    added = sum(len(one.data) for one in packed)
    annotation.mask_bytes += added - replaced
    annotation.stored_bytes += added
    _check_limits(annotation)
    MaskSlice.objects.bulk_create(
        [
            MaskSlice(
                annotation=annotation,
                number=annotation.version,
                index=one.index,
                data=one.data,
                size=len(one.data),
                counts={str(label): count for label, count in one.counts.items()},
            )
            for one in packed
        ]
    )
    annotation.save(update_fields=["mask_bytes", "stored_bytes"])
    return indices


def check_segments_kept(
    annotation: Annotation, before: Mapping[str, Any], *, changing: Collection[int]
) -> None:
    """Raise `ValidationFailed` where segments were taken away that voxels still have."""
    if annotation.value["bits"] != before["bits"]:
        raise ValidationFailed(fields={"value.bits": ["The bits of a mask never change."]})
    gone = labels_declared(before) - labels_declared(annotation.value)
    if not gone:
        return
    kept = standing_slices(annotation).values_list("index", "counts")
    used = {int(label) for index, counts in kept if index not in changing for label in counts}
    if gone & used:
        shown = ", ".join(map(str, sorted(gone & used)[:10]))
        message = f"Voxels still have the value {shown}: erase them first."
        raise ValidationFailed(message, fields={"value.segments": [message]})


def voxel_counts(annotation: Annotation) -> dict[int, int]:
    """Return how many voxels each label of a mask has."""
    total: dict[int, int] = {}
    for counts in standing_slices(annotation).values_list("counts", flat=True):
        for label, count in counts.items():
            total[int(label)] = total.get(int(label), 0) + count
    return total


def voxels_of(annotation: Annotation) -> Iterator[Any]:
    """Yield every slice (y, x) of a mask as it stands, first to last, one at a time."""
    grid = grid_of(annotation.image, bits=annotation.value["bits"])
    stored = full_slices(annotation).values_list("index", "data")
    waiting = iter(stored.iterator(chunk_size=16))
    index, data = next(waiting, (-1, b""))
    for number in range(grid.depth):
        if number == index:
            yield unpack(bytes(data), grid=grid)
            index, data = next(waiting, (-1, b""))
        else:
            yield unpack(b"", grid=grid)


def _check_limits(annotation: Annotation) -> None:
    if annotation.mask_bytes > MOST_MASK_BYTES:
        raise LimitReached(
            f"A mask takes at most {MOST_MASK_BYTES // 2**20} MiB compressed.",
            advice="Spread its segments over several masks.",
        )
    if annotation.stored_bytes > MOST_STORED_BYTES:
        raise LimitReached(
            f"All versions of a mask take at most {MOST_STORED_BYTES // 2**20} MiB.",
            advice="Make a copy of it, and go on in that.",
        )
