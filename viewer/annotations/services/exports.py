"""Masks as files, and what annotations measure as a table."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from app.core.errors import ValidationFailed
from app.core.text import safe_cell
from app.images.conversion.metaimage import MetaImageHeader, write_metaimage
from app.images.geometry import axis_of
from app.images.models import Image
from viewer.annotations.measuring import Measurement, measure
from viewer.annotations.models import Annotation
from viewer.annotations.services.masks import grid_of, voxel_counts, voxels_of
from viewer.annotations.services.statistics import voxel_statistics

MOST_NIFTI_BYTES = 2**30
"""NIfTI is written by a library that holds the whole mask in memory."""
DIGITS = 6
FIELDS = (
    "annotation",
    "image",
    "image_name",
    "author",
    "kind",
    "tool",
    "label",
    "item",
    "name",
    "quantity",
    "value",
    "unit",
    "calibrated",
    "version",
    "modified",
)


def axes_of(image: Image) -> int:
    """Return how many axes in space an image's own file has; its masks have as many."""
    return 2 if image.metadata.get("axes") == 2 and image.size[2] == 1 else 3


def write_mask(annotation: Annotation, path: Path) -> None:
    """Write a mask as MetaImage, aligned with its image: same size, spacing, origin, direction."""
    image = annotation.image
    grid = grid_of(image, bits=annotation.value["bits"])
    axes = axes_of(image)
    header = MetaImageHeader(
        size=(grid.width, grid.height, grid.depth)[:axes],
        spacing=tuple(image.spacing[:axes]),
        origin=tuple(image.origin[:axes]),
        axes=tuple(axis_of(image.direction, axis)[:axes] for axis in range(axes)),
        dtype=grid.dtype,
    )
    write_metaimage(path, header=header, blocks=voxels_of(annotation))


def write_nifti(annotation: Annotation, path: Path) -> None:
    """Write a mask as NIfTI; raise `ValidationFailed` for one that is too large for that."""
    import SimpleITK

    grid = grid_of(annotation.image, bits=annotation.value["bits"])
    if grid.slice_bytes * grid.depth > MOST_NIFTI_BYTES:
        raise ValidationFailed(
            "This mask is too large for NIfTI here.", advice="Take the MetaImage (.mha)."
        )
    plain = path.with_name("mask.mha")
    write_mask(annotation, plain)
    SimpleITK.WriteImage(SimpleITK.ReadImage(str(plain)), str(path))


def measurements(
    annotations: Iterable[Annotation], *, with_values: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield what each annotation measures, a row per number.

    ``with_values`` adds the mean, spread, least and greatest value of the voxels in areas and
    masks, for which the images are read.
    """
    listed = list(annotations)
    values = voxel_statistics(listed) if with_values else {}
    for annotation in listed:
        found = _of_mask(annotation) if annotation.is_mask else _of_geometry(annotation)
        for one in (*found, *values.get(annotation.pk, ())):
            yield _row(annotation, one)


def measurements_csv(
    annotations: Iterable[Annotation], *, with_values: bool = False
) -> Iterator[str]:
    """Yield the same as a CSV file, line by line; spreadsheets find no formula in it."""
    yield _line(FIELDS)
    for row in measurements(annotations, with_values=with_values):
        yield _line("" if row[name] is None else row[name] for name in FIELDS)


def _of_geometry(annotation: Annotation) -> list[Measurement]:
    return measure(annotation.value, kind=annotation.kind)


def _of_mask(annotation: Annotation) -> Iterator[Measurement]:
    counts = voxel_counts(annotation)
    voxel = _volume_of_voxel(annotation.image)
    for item, segment in enumerate(annotation.value["segments"]):
        label, name = segment["voxel_value"], segment["name"]
        if label:
            count = counts.get(label, 0)
            yield Measurement("voxels", count, "", item=item, name=name)
            yield Measurement("volume", count * voxel, "mm³", item=item, name=name)


def _volume_of_voxel(image: Image) -> float:
    x, y, z = image.spacing
    return float(x * y * z)


def _row(annotation: Annotation, found: Measurement) -> dict[str, Any]:
    return {
        "annotation": str(annotation.pk),
        "image": str(annotation.image_id),
        "image_name": annotation.image.name,
        "author": annotation.author.get_username(),
        "kind": annotation.kind,
        "tool": annotation.tool,
        "label": annotation.label,
        "item": found.item,
        "name": found.name,
        "quantity": found.quantity,
        "value": round(found.value, DIGITS),
        "unit": found.unit,
        "calibrated": annotation.image.spacing_valid,
        "version": annotation.version,
        "modified": annotation.modified.isoformat(timespec="seconds"),
    }


def _line(cells: Iterable[object]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(safe_cell(cell) for cell in cells)
    return buffer.getvalue()
