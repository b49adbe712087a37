"""Converted images on their way into storage and the database."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from app.core.ids import new_id
from app.core.storage import get_store
from app.images.conversion import CODES, ConvertedImage, Remark
from app.images.models import Image, ImageFile, Import, Quarantine
from app.images.registry import image_ready
from app.images.services.quarantine import hold
from app.images.services.studies import (
    StoredInstance,
    register_instances,
    store_instances,
)
from app.images.services.summary import summarize


@dataclass
class StoredImage:
    """An image whose bytes are in storage and whose rows are not in the database yet."""

    image: Image
    files: list[ImageFile] = field(default_factory=list)
    instances: list[StoredInstance] = field(default_factory=list)
    quarantine: Quarantine | None = None

    @property
    def keys(self) -> list[str]:
        """Return the storage keys of everything."""
        return [row.key for row in self.files] + [row.key for row in self.instances]


def store_image(
    converted: ConvertedImage, *, source: Import | None = None, pk: UUID | None = None
) -> StoredImage:
    """Put a MetaImage file, pictures of it and its kept instances into storage.

    Nothing is visible before `publish_image`, and nothing of an image in quarantine after it.
    """
    stored = StoredImage(_image(converted, source=source, pk=pk or new_id()))
    store, path = get_store(), converted.path
    key = _key(stored.image, "mha")
    written = store.put_file(path, key=key)
    stored.files.append(
        ImageFile(
            image=stored.image,
            kind=ImageFile.Kind.MHA,
            key=key,
            size=written.size,
            sha256=_digest(path),
        )
    )
    summary = summarize(path)
    stored.image.metadata["histogram"] = summary.histogram
    for kind, picture in (
        (ImageFile.Kind.THUMBNAIL, summary.thumbnail),
        (ImageFile.Kind.PREVIEW, summary.preview),
    ):
        if picture:
            key = _key(stored.image, "png")
            store.put_bytes(picture, key=key, content_type="image/png")
            row = ImageFile(image=stored.image, kind=kind, key=key, size=len(picture))
            stored.files.append(row)
    if source is not None:
        stored.quarantine = hold(stored.image, converted, source=source)
        stored.instances = store_instances(stored.image, converted, source=source)
    return stored


def publish_image(stored: StoredImage) -> Image:
    """Write the rows, in the transaction under way, and tell everybody who waits for images.

    Of an image in quarantine nobody is told: see `hand_over_images`.
    """
    stored.image.save(force_insert=True)
    ImageFile.objects.bulk_create(stored.files)
    register_instances(stored.instances)
    if stored.quarantine is not None:
        stored.quarantine.save(force_insert=True)
    else:
        image_ready(stored.image.pk)
    return stored.image


def discard_stored(images: Iterable[StoredImage]) -> None:
    """Remove the bytes of images that were not published."""
    store = get_store()
    for stored in images:
        for key in stored.keys:
            store.delete(key)


def _image(converted: ConvertedImage, *, source: Import | None, pk: UUID) -> Image:
    size = converted.size
    return Image(
        pk=pk,
        name=converted.name[:200],
        size=[*size, 1][:3],
        timepoints=size[3] if len(size) > 3 else 1,
        components=converted.components,
        spacing=[*converted.spacing, 1.0][:3],
        spacing_valid=converted.spacing_valid,
        origin=[*converted.origin, 0.0][:3],
        direction=_three_by_three(converted.direction),
        element_type=converted.element_type,
        color_space=converted.color_space,
        modality=converted.modality,
        photometric=converted.photometric,
        window_center=converted.window_center,
        window_width=converted.window_width,
        metadata={
            "remarks": [_remark(remark) for remark in converted.warnings],
            "axes": len(converted.spacing),
            "rescale_type": converted.rescale_type,
            "time_step": converted.time_step,
        },
        source=source,
    )


def _remark(remark: Remark) -> dict[str, str]:
    advice = CODES[remark.code].advice
    return {"code": remark.code, "message": remark.message, "advice": advice}


def _three_by_three(direction: tuple[float, ...]) -> list[float]:
    if len(direction) == 9:
        return list(direction)
    a, b, c, d = direction
    return [a, b, 0.0, c, d, 0.0, 0.0, 0.0, 1.0]


def _key(image: Image, ending: str) -> str:
    return f"images/{image.pk}/{new_id()}.{ending}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
