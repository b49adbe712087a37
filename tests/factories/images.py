"""The smallest valid images, uploads and imports; the bytes are really in storage."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

from app.accounts.models import User
from app.core.ids import new_id
from app.core.storage import get_store
from app.images.conversion import ConvertedImage
from app.images.models import Image, ImageFile, Import
from app.images.services import store_image
from app.uploads.models import UserUpload
from app.uploads.services import adopt_file
from tests.factories.accounts import UserFactory

SHAPE = (4, 6, 5)
"""(z, y, x) of the smallest volume."""


@cache
def metaimage_bytes(seed: int = 0) -> bytes:
    """A MetaImage of `SHAPE` with values that depend on ``seed``."""
    pixels = np.random.default_rng(seed).integers(-1000, 1000, SHAPE).astype(np.int16)
    picture = SimpleITK.GetImageFromArray(pixels)
    picture.SetSpacing((0.5, 0.8, 2.5))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.mha"
        SimpleITK.WriteImage(picture, str(path), True)
        return path.read_bytes()


def make_image(*, owner: User | None = None, name: str = "Thorax", **fields: Any) -> Image:
    """An image with its MetaImage and a thumbnail; ``owner`` imported it, or ``source`` made it."""
    source = fields.pop("source", None)
    if owner is not None:
        source = make_import(owner=owner, state=Import.State.SUCCEEDED)
    values: dict[str, Any] = {
        "size": [SHAPE[2], SHAPE[1], SHAPE[0]],
        "spacing": [0.5, 0.8, 2.5],
        "origin": [0.0, 0.0, 0.0],
        "direction": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "element_type": "int16",
        "modality": "CT",
    }
    image = Image.objects.create(name=name, source=source, **(values | fields))
    add_file(image, kind=ImageFile.Kind.MHA, content=metaimage_bytes())
    add_file(image, kind=ImageFile.Kind.THUMBNAIL, content=b"\x89PNG\r\n\x1a\n")
    return image


def add_converted(converted: ConvertedImage, *, owner: User) -> Image:
    """An image that the converter made, stored as an import of ``owner`` stores it.

    Nobody is told, so no worker is needed.
    """
    stored = store_image(converted)
    stored.image.source = make_import(owner=owner, state=Import.State.SUCCEEDED)
    stored.image.save(force_insert=True)
    ImageFile.objects.bulk_create(stored.files)
    return stored.image


def add_file(image: Image, *, kind: str, content: bytes) -> ImageFile:
    """Store one more file of an image."""
    ending = {"MHA": "mha", "TIFF": "tif", "SLICES": "slices", "THUMBNAIL": "png"}[kind]
    file_id = new_id()
    key = f"images/{image.pk}/{file_id}.{ending}"
    get_store().put_bytes(content, key=key)
    return ImageFile.objects.create(id=file_id, image=image, kind=kind, key=key, size=len(content))


def make_upload(
    *, owner: User, content: bytes | None = None, filename: str = "thorax.mha"
) -> UserUpload:
    """A completed upload."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(metaimage_bytes() if content is None else content)
        upload = adopt_file(owner=owner, path=path)
    UserUpload.objects.filter(pk=upload.pk).update(filename=filename)
    upload.refresh_from_db()
    return upload


def make_import(*, owner: User | None = None, **fields: Any) -> Import:
    """An import without files, in any state."""
    values = {"destination": "archive", "destination_id": None} | fields
    return Import.objects.create(owner=owner or UserFactory(), **values)
